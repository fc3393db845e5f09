// Which machine: chips that are allowed, and how it is set up. On real reports of Milan, Genoa and Turin.

import assert from 'node:assert/strict';

import { PINNED_ANCHORS } from '../../../src/lib/attestation/anchors.js';
import { nodeSignatureCrypto } from '../../../src/lib/attestation/crypto/node-crypto.js';
import { type Expectations, readAppraisal } from '../../../src/lib/attestation/expectations.js';
import { PLATFORM_BITS } from '../../../src/lib/attestation/snp/platform.js';
import type { EvidenceParts } from '../../../src/lib/attestation/parse-evidence.js';
import { verifierPlan } from '../../../src/lib/evidence/verifier-plan.js';
import { type VerifiedFile, verifyPieces } from '../../../src/lib/evidence/verify-evidence-file.js';
import { readSettings } from '../../../src/lib/parties/verify-settings.js';
import { evidenceVector, vectorParts } from '../../support/attestation-vectors.js';

const AT = new Date('2026-11-23T00:00:00Z');
const MILAN = 'aci-milan-v3-svn103-rsa';
const GENOA = 'aci-genoa-v3-svn104-css0302';
const TURIN = 'aci-turin-v5-svn104-tav';

function judge(
  stated: Partial<Expectations>,
  parts: EvidenceParts,
  appraisal: Partial<Expectations> = {},
): Promise<VerifiedFile> {
  const { plan } = verifierPlan(
    { crypto: nodeSignatureCrypto, anchors: PINNED_ANCHORS, appraisal, stated },
    AT,
  );
  return verifyPieces({ form: 'pieces', parts }, plan);
}

const partsOf = (name: string): EvidenceParts => vectorParts(evidenceVector(name));
const failures = ({ checks }: VerifiedFile): readonly string[] =>
  checks.filter(({ status }) => status === 'fail').map(({ id }) => id);

async function chipOf(name: string): Promise<string> {
  const { evidence } = await judge({}, partsOf(name));
  return evidence?.chipId ?? '';
}

describe('chips that are allowed', () => {
  for (const name of [MILAN, GENOA, TURIN]) {
    it(`accept ${name} by its chip, and refuse it by every other`, async () => {
      const chip = await chipOf(name);
      assert.equal((await judge({ chips: ['ab'.repeat(64), chip] }, partsOf(name))).verdict, 'accepted');
      const other = await judge({ chips: [await chipOf(name === MILAN ? GENOA : MILAN)] }, partsOf(name));
      assert.deepEqual([other.verdict, failures(other)], ['refused', ['CHIP_ALLOWED']]);
    });
  }

  it('are named on Turin by the eight bytes that it has, on others not by their first eight', async () => {
    const short = async (name: string): Promise<VerifiedFile> =>
      judge({ chips: [(await chipOf(name)).slice(0, 16)] }, partsOf(name));
    assert.equal((await short(TURIN)).verdict, 'accepted');
    assert.deepEqual(failures(await short(MILAN)), ['CHIP_ALLOWED']);
  });

  it('I20: refuse evidence without a report, instead of leaving the check out', async () => {
    const { endorsements, uvm } = partsOf(MILAN);
    const verdict = await judge({ chips: [await chipOf(MILAN)] }, { endorsements: endorsements!, uvm: uvm! });
    assert.deepEqual(failures(verdict), ['CHIP_ALLOWED']);
  });

  it('are those that file and flags both allow', async () => {
    const [milan, genoa] = [await chipOf(MILAN), await chipOf(GENOA)];
    const both = await judge({ chips: [milan] }, partsOf(MILAN), readAppraisal(`{"chip_ids":["${genoa}"]}`));
    assert.equal(both.verdict, 'refused');
  });

  it('are hex of one of the two lengths', async () => {
    const flags = { 'allow-emulated': false, 'self-test': false };
    assert.deepEqual((await readSettings({ ...flags, 'chip-id': ['AB'.repeat(8)] })).chips, ['ab'.repeat(8)]);
    for (const chip of ['', 'zz'.repeat(8), 'ab'.repeat(9)])
      await assert.rejects(readSettings({ ...flags, 'chip-id': [chip] }), { code: 'USAGE' });
    assert.throws(() => readAppraisal('{"chip_ids":[]}'), { code: 'APPRAISAL_INVALID' });
  });
});

describe('the set-up of a machine', () => {
  /* PLATFORM_INFO of the public evidence: Milan 0x25, Turin 0x65, whose bit 6 no public document names. */
  it('passes for the bits as they are, on every product, and with bits that nobody knows', async () => {
    for (const [name, value] of [
      [MILAN, 0x25],
      [TURIN, 0x65],
    ] as const) {
      const platform = Object.fromEntries(
        PLATFORM_BITS.map((bit, place) => [bit, ((value >> place) & 1) === 1]),
      );
      assert.equal((await judge({ platform }, partsOf(name))).verdict, 'accepted', name);
    }
  });

  for (const bit of PLATFORM_BITS) {
    it(`refutes HARDWARE where ${bit} is not as demanded`, async () => {
      const isOn = ['smt_en', 'ecc_en', 'alias_check_complete'].includes(bit);
      const verdict = await judge({}, partsOf(MILAN), readAppraisal(`{"platform_info":{"${bit}":${!isOn}}}`));
      assert.deepEqual([verdict.verdict, failures(verdict)], ['refused', ['PLATFORM_INFO']]);
      assert.equal(verdict.statements.find(({ id }) => id === 'HARDWARE')?.status, 'refuted');
    });
  }

  it('I20: passes for nothing that was not demanded', async () => {
    for (const stated of [{}, { platform: {} }]) {
      const { checks } = await judge({}, partsOf(MILAN), stated);
      for (const id of ['PLATFORM_INFO', 'CHIP_ALLOWED'])
        assert.notEqual(checks.find((check) => check.id === id)?.status, 'pass', id);
    }
  });

  it('is an expectation that cannot be made without a report', async () => {
    const { endorsements } = partsOf(MILAN);
    const verdict = await judge({ platform: { ecc_en: true } }, { endorsements: endorsements! });
    assert.deepEqual(failures(verdict), ['PLATFORM_INFO']);
  });

  it('has no bit of another name', () => {
    assert.throws(() => readAppraisal('{"platform_info":{"sev_tio":true}}'), { code: 'APPRAISAL_INVALID' });
  });
});
