// What a program that calls the library is told where a piece is left out: never more than where it is there.

import assert from 'node:assert/strict';

import { PINNED_ANCHORS } from '../../../src/lib/attestation/anchors.js';
import { nodeSignatureCrypto } from '../../../src/lib/attestation/crypto/node-crypto.js';
import { defaultExpectations } from '../../../src/lib/attestation/expectations.js';
import type { EvidencePieces } from '../../../src/lib/evidence/evidence-pieces.js';
import { accepted, verifyPieces } from '../../../src/lib/evidence/verify-evidence-file.js';
import { type VerificationPlan, verificationPlan } from '../../../src/lib/evidence/verification-plan.js';
import { vectorFile } from '../../support/attestation-vectors.js';

const SET = 'sets/aci-milan-v3-svn103-ec';
/* SEV-SNP ABI (AMD 56860), table of ATTESTATION_REPORT. */
const LAUNCH_TCB_AT = 0x1f0;
const SIGNATURE_AT = 0x2a0;

describe('the library', () => {
  const report = vectorFile(`${SET}/report.bin`);
  const endorsements = vectorFile(`${SET}/endorsements.pem`);
  const uvm = vectorFile(`${SET}/reference-info.cose`);
  const unsigned = Uint8Array.from(report);
  unsigned.fill(0, SIGNATURE_AT);

  const judged = async (pieces: Omit<EvidencePieces, 'form'>, more: Partial<VerificationPlan> = {}) => {
    const verdict = await verifyPieces(
      { form: 'pieces', ...pieces },
      verificationPlan({
        anchors: PINNED_ANCHORS,
        expectations: defaultExpectations(new Date('2026-11-23T00:00:00Z')),
        crypto: nodeSignatureCrypto,
        ...more,
      }),
    );
    return { ...verdict, believed: accepted(verdict) };
  };

  it('accepts the whole evidence', async () => {
    const { verdict, trust, believed } = await judged({ parts: { report, endorsements, uvm } });
    assert.deepEqual([verdict, trust, believed !== null], ['accepted', 'hardware', true]);
  });

  for (const [name, parts] of [
    ['a report with no certificates', { report, uvm }],
    ['a report with no certificates and a signature of zeros', { report: unsigned, uvm }],
    ['a signature of zeros alone', { report: unsigned }],
    ['a signature of zeros under true certificates', { report: unsigned, endorsements, uvm }],
  ] as const)
    for (const required of [[], ['REPORT_SIGNATURE', 'HOST_DATA'], ['HOST_DATA']])
      it(`I20: accepts not ${name}, required or not (${required.join() || 'nothing'})`, async () => {
        const { verdict, trust, evidence, believed } = await judged({ parts }, { required });
        assert.notEqual(verdict, 'accepted');
        assert.deepEqual([trust, evidence, believed], [null, null, null]);
      });

  it('I20: proves nothing of the guest by a report that nobody is shown to have signed', async () => {
    for (const parts of [
      { report, uvm },
      { report: unsigned, endorsements, uvm },
    ]) {
      const { checks, statements } = await judged({ parts });
      assert.equal(checks.find(({ id }) => id === 'MEASUREMENT')?.status, 'pass');
      assert.deepEqual(
        statements.filter(({ status }) => status === 'proven'),
        [],
      );
    }
  });

  it('names no trust in hardware where only the report was asked about: nobody knows what ran on it', async () => {
    const { verdict, trust, believed } = await judged(
      { parts: { report, endorsements } },
      { scope: 'report' },
    );
    assert.deepEqual([verdict, trust, believed !== null], ['accepted', null, true]);
  });

  it('demands the statements that a stated policy and a stated age are about', async () => {
    const at = new Date('2026-11-23T00:00:00Z');
    const demandedOf = async (stated: object) => {
      const expectations = { ...defaultExpectations(at), ...stated };
      const { statements } = await judged({ parts: { report, endorsements, uvm } }, { expectations });
      return statements.filter(({ demanded }) => demanded).map(({ id }) => id);
    };
    assert.deepEqual(await demandedOf({}), ['HARDWARE', 'GUEST']);
    assert.deepEqual(await demandedOf({ hostData: '0'.repeat(64) }), ['HARDWARE', 'GUEST', 'POLICY']);
    assert.deepEqual(await demandedOf({ maxAgeMs: 1000 }), ['HARDWARE', 'GUEST', 'FRESH']);
  });

  it('O1: holds the firmware at launch to the floor too, when the reported one was updated since', async () => {
    const launched = Uint8Array.from(report);
    launched.fill(0, LAUNCH_TCB_AT, LAUNCH_TCB_AT + 8);
    const at = new Date('2026-11-23T00:00:00Z');
    const expectations = { ...defaultExpectations(at), minTcb: { Milan: { microcode: 1 } } };
    const statusOf = async (bytes: Uint8Array) => {
      const { checks } = await judged({ parts: { report: bytes, endorsements, uvm } }, { expectations });
      return ['TCB_MIN', 'LAUNCH_TCB'].map((id) => checks.find((check) => check.id === id)?.status);
    };
    assert.deepEqual(await statusOf(report), ['pass', 'pass']);
    assert.deepEqual(await statusOf(launched), ['pass', 'fail']);
  });

  it('X4: believes no token that no key is known for, by itself or beside a report', async () => {
    const claims = Buffer.from(JSON.stringify({ 'x-ms-attestation-type': 'sevsnpvm' })).toString('base64url');
    const header = Buffer.from(JSON.stringify({ alg: 'RS256', kid: 'one' })).toString('base64url');
    const token = `${header}.${claims}.${Buffer.alloc(256).toString('base64url')}`;
    for (const parts of [{}, { report, endorsements, uvm }]) {
      const { verdict, believed } = await judged({ parts, token }, { tokenKeys: null });
      assert.notEqual(verdict, 'accepted');
      assert.equal(believed, null);
    }
  });
});
