// Classes of firmware in verdicts, on real evidence of Milan, Genoa and Turin.

import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { PINNED_ANCHORS } from '../../../src/lib/attestation/anchors.js';
import { nodeSignatureCrypto } from '../../../src/lib/attestation/crypto/node-crypto.js';
import type { Check } from '../../../src/lib/base/verdict/check.js';
import type { ReferenceTable, TcbRow } from '../../../src/lib/contract/published/reference-table.js';
import { REFERENCE_VALUES } from '../../../src/lib/contract/published/reference-values.js';
import { verificationPlan } from '../../../src/lib/evidence/verification-plan.js';
import { type VerifiedFile, verifyPieces } from '../../../src/lib/evidence/verify-evidence-file.js';
import { renderJudgement } from '../../../src/lib/cli/render-verdict.js';
import { runVerification, type VerifyOutcome } from '../../../src/lib/parties/verify-request.js';
import type { VerifyFlags } from '../../../src/lib/parties/verify-settings.js';
import {
  EVIDENCE_VECTORS,
  evidenceVector,
  vectorAnchors,
  VECTORS,
  vectorExpectations,
  vectorParts,
} from '../../support/attestation-vectors.js';
import { OFFLINE } from '../../support/offline-verification.js';
import { useTemporaryDirectory } from '../../support/temporary-directory.js';

const OWN = REFERENCE_VALUES;

function withUvm(svn: number, status: ReferenceTable['uvm'][number]['status']): ReferenceTable {
  return { ...OWN, uvm: OWN.uvm.map((row) => (row.svn === svn ? { ...row, status } : row)) };
}

function withTcb(product: TcbRow['product'], status: TcbRow['status']): ReferenceTable {
  return { ...OWN, tcb: OWN.tcb.map((row) => (row.product === product ? { ...row, status } : row)) };
}

function judge(
  name: string,
  {
    reference = OWN,
    required = [],
    at,
  }: { reference?: ReferenceTable; required?: string[]; at?: string } = {},
): Promise<VerifiedFile> {
  const vector = evidenceVector(name);
  const expectations = vectorExpectations(vector);
  return verifyPieces(
    { form: 'pieces', parts: vectorParts(vector) },
    verificationPlan({
      anchors: PINNED_ANCHORS,
      expectations: at === undefined ? expectations : { ...expectations, at: new Date(at) },
      crypto: nodeSignatureCrypto,
      reference,
      required,
    }),
  );
}

const checkOf = ({ checks }: VerifiedFile, id: string): Check => checks.find((check) => check.id === id)!;
const statusOf = (verdict: VerifiedFile, id: string): string | undefined =>
  verdict.statements.find((statement) => statement.id === id)?.status;

describe('the class of firmware in a verdict', () => {
  const LATEST = {
    Milan: 'aci-milan-v3-svn103-rsa',
    Genoa: 'aci-genoa-v3-svn104-css0302',
    Turin: 'aci-turin-v5-svn104-tav',
  } as const;

  for (const [product, name] of Object.entries(LATEST) as [TcbRow['product'], string][]) {
    it(`is said of ${product}, whose layout it reads`, async () => {
      const verdict = await judge(name);
      assert.equal(verdict.verdict, 'accepted');
      assert.match(
        checkOf(verdict, 'TCB_STATUS').actual ?? checkOf(verdict, 'TCB_STATUS').reason ?? '',
        new RegExp(`^(?:warning: )?${product} `),
      );
    });

    it(`O1: refutes HARDWARE where the firmware of ${product} is withdrawn, whatever floor was stated`, async () => {
      const verdict = await judge(name, { reference: withTcb(product, 'withdrawn') });
      assert.equal(verdict.verdict, 'refused');
      assert.equal(checkOf(verdict, 'TCB_STATUS').status, 'fail');
      assert.equal(statusOf(verdict, 'HARDWARE'), 'refuted');
    });
  }

  it('O1: refutes GUEST where the utility VM is withdrawn', async () => {
    const verdict = await judge(LATEST.Milan, { reference: withUvm(103, 'withdrawn') });
    assert.deepEqual(
      verdict.checks.filter(({ status }) => status === 'fail').map(({ id }) => id),
      ['UVM_STATUS'],
    );
    assert.equal(statusOf(verdict, 'GUEST'), 'refuted');
    assert.equal(verdict.trust, null);
  });

  it('warns of an old one, and accepts it unless the class is demanded', async () => {
    const verdict = await judge('aci-milan-v3-svn101-css0617');
    assert.equal(verdict.verdict, 'accepted');
    assert.match(checkOf(verdict, 'UVM_STATUS').reason ?? '', /^warning: SVN 101: old since/);
    assert.ok(verdict.warnings.some((warning) => warning.startsWith('UVM_STATUS: SVN 101')));
    const demanded = await judge('aci-milan-v3-svn101-css0617', { required: ['UVM_STATUS'] });
    assert.equal(demanded.verdict, 'unproven');
  });

  it('says nothing of a piece that is not there, nor of firmware under roots that are not AMD’s', async () => {
    const of = async (vectorName: string, leftOut: readonly string[] = []): Promise<readonly string[]> => {
      const vector = evidenceVector(vectorName);
      const parts = Object.fromEntries(
        Object.entries(vectorParts(vector)).filter(([name]) => !leftOut.includes(name)),
      );
      const verdict = await verifyPieces(
        { form: 'pieces', parts },
        verificationPlan({
          anchors: vectorAnchors(vector),
          expectations: vectorExpectations(vector),
          crypto: nodeSignatureCrypto,
          emulatedAllowed: true,
        }),
      );
      return ['UVM_STATUS', 'TCB_STATUS'].map((id) => checkOf(verdict, id).status);
    };
    assert.deepEqual(await of(LATEST.Milan), ['pass', 'pass']);
    assert.deepEqual(await of(LATEST.Milan, ['uvm']), ['skip', 'pass']);
    assert.deepEqual(await of(LATEST.Milan, ['report']), ['pass', 'skip']);
    const synthetic = EVIDENCE_VECTORS.find(
      ({ trust_anchors: anchors, expected_verdict: verdict, inputs }) =>
        anchors?.startsWith('synthetic/') === true && verdict === 'accept' && inputs.uvm !== undefined,
    );
    assert.deepEqual(await of(synthetic!.name), ['skip', 'skip']);
  });

  it('passes for one that is latest or current', async () => {
    for (const name of [LATEST.Milan, LATEST.Genoa])
      assert.equal(checkOf(await judge(name), 'UVM_STATUS').status, 'pass');
  });

  it('says the day of the table and its age at the time of judgement, and warns from 180 days on', async () => {
    const week = await judge(LATEST.Genoa, { at: '2026-12-07T00:00:00Z' });
    assert.deepEqual(week.reference, { date: OWN.date, ageDays: 7, from: 'package' });
    assert.match(renderJudgement(week), /reference {4}values of 2026-11-30, 7 days old/);
    assert.ok(!week.warnings.some((warning) => warning.includes('reference values')));
    const later = await judge(LATEST.Genoa, { at: '2031-11-30T00:00:00Z' });
    assert.equal(later.verdict, 'accepted');
    assert.ok(later.warnings.some((warning) => warning.includes('1826 days before this judgement')));
  });
});

describe('verify --reference', () => {
  const directory = useTemporaryDirectory();
  const input = (name: string, part: 'report' | 'endorsements' | 'uvm'): string =>
    join(VECTORS, evidenceVector(name).inputs[part] ?? '');
  const flags = (name: string, more: Partial<VerifyFlags> = {}): VerifyFlags => ({
    report: input(name, 'report'),
    certs: input(name, 'endorsements'),
    uvm: input(name, 'uvm'),
    'allow-emulated': false,
    'self-test': false,
    ...more,
  });
  const run = (given: VerifyFlags): Promise<VerifyOutcome> => runVerification(undefined, given, OFFLINE);
  const table = (name: string, value: ReferenceTable): string => {
    const path = join(directory(), `${name}.json`);
    writeFileSync(path, JSON.stringify(value));
    return path;
  };
  const today = new Date().toISOString().slice(0, 10);
  const date = today > OWN.date ? today : OWN.date;

  it('I38: refuses by an unsigned table what the own one accepts, and names it', async () => {
    const name = 'aci-genoa-v3-svn104-css0302';
    assert.equal((await run(flags(name))).exitCode, 0);
    const reference = table('withdrawn', { ...withUvm(104, 'withdrawn'), date });
    const outcome = await run(flags(name, { reference }));
    assert.ok(outcome.kind === 'evidence');
    assert.equal(outcome.exitCode, 5);
    assert.match(outcome.result.reference.unsigned ?? '', /^[0-9a-f]{64}$/);
    assert.match(renderJudgement(outcome.result), /made stricter by an unsigned table/);
  });

  it('I38: accepts nothing more by an unsigned table, and says what was asked for in vain', async () => {
    const reference = table('reinstated', { ...withUvm(101, 'latest'), date });
    const outcome = await run(flags('aci-milan-v3-svn101-css0617', { reference, require: ['UVM_STATUS'] }));
    assert.equal(outcome.exitCode, 5);
    assert.ok(outcome.warnings.some((warning) => warning.includes('uvm 101 is old and stays so')));
  });

  it('I38: stops at a table that is older, or none', async () => {
    const older = table('older', { ...OWN, date: '2026-01-01' });
    await assert.rejects(run(flags('aci-genoa-v3-svn104-css0302', { reference: older })), {
      code: 'REFERENCE_OLDER',
    });
    const none = join(directory(), 'none.json');
    writeFileSync(none, '{}');
    await assert.rejects(run(flags('aci-genoa-v3-svn104-css0302', { reference: none })), {
      code: 'REFERENCE_INVALID',
    });
  });
});
