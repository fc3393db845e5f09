// A bundle with an attestation token: signed by a known service, about the same guest and data as the report, and in time.

import assert from 'node:assert/strict';
import { createPublicKey, type KeyObject, sign } from 'node:crypto';

import { freshKeyPairSync } from '../../../src/lib/keys/fresh-key.js';
import { type Anchors, parseAnchors } from '../../../src/lib/attestation/anchors.js';
import { nodeSignatureCrypto } from '../../../src/lib/attestation/crypto/node-crypto.js';
import { defaultExpectations, type Expectations } from '../../../src/lib/attestation/expectations.js';
import { parseServiceKeys } from '../../../src/lib/attestation/maa/key-set.js';
import { readSnpReport } from '../../../src/lib/attestation/snp/report.js';
import { readTcb } from '../../../src/lib/attestation/snp/tcb.js';
import type { VerificationPlan } from '../../../src/lib/evidence/verification-plan.js';
import { judgeBundle } from '../../support/judge.js';
import { toHex } from '../../../src/lib/base/bytes/hex.js';
import type { Check } from '../../../src/lib/base/verdict/check.js';
import { emulatedRoom, type EmulatedRoom } from '../../support/emulated-evidence.js';

const ISSUER = 'https://127.0.0.1:8444';
const NOW = Math.floor(Date.now() / 1000);

function jwk(key: KeyObject): Record<string, unknown> {
  return { ...createPublicKey(key).export({ format: 'jwk' }), kid: 'service', use: 'sig', alg: 'RS256' };
}

/* What a service says of the report: the claims of MAA for confidential ACI, at the top level. */
function claimsOf(report: Uint8Array): Record<string, unknown> {
  const fields = readSnpReport(report);
  const tcb = readTcb(fields.reportedTcb, 'Milan');
  return {
    iss: ISSUER,
    iat: NOW,
    nbf: NOW,
    exp: NOW + 28_800,
    'x-ms-attestation-type': 'sevsnpvm',
    'x-ms-compliance-status': 'azure-compliant-uvm',
    'x-ms-sevsnpvm-hostdata': toHex(fields.hostData),
    'x-ms-sevsnpvm-reportdata': toHex(fields.reportData),
    'x-ms-sevsnpvm-launchmeasurement': toHex(fields.measurement),
    'x-ms-sevsnpvm-is-debuggable': false,
    'x-ms-sevsnpvm-migration-allowed': false,
    'x-ms-sevsnpvm-vmpl': 0,
    'x-ms-sevsnpvm-guestsvn': fields.guestSvn,
    'x-ms-sevsnpvm-snpfw-svn': tcb.snp,
    'x-ms-sevsnpvm-microcode-svn': tcb.microcode,
  };
}

describe('an evidence bundle with an attestation token', function () {
  this.timeout(60_000);
  const serviceKey = freshKeyPairSync({ type: 'rsa', bits: 2048 }).privateKey;
  let room: EmulatedRoom;
  let anchors: Anchors;
  before(async () => {
    room = await emulatedRoom();
    const file = JSON.parse(room.anchorsText) as Record<string, unknown>;
    anchors = parseAnchors(
      JSON.stringify({ ...file, maa: [{ issuer: ISSUER, jwks: { keys: [jwk(serviceKey)] } }] }),
    );
  });

  function token(changes: Record<string, unknown> = {}, key = serviceKey): string {
    const part = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url');
    const header = { alg: 'RS256', typ: 'JWT', kid: 'service', jku: `${ISSUER}/certs` };
    const signed = `${part(header)}.${part({ ...claimsOf(room.bundle().report), ...changes })}`;
    return `${signed}.${sign('sha256', Buffer.from(signed), key).toString('base64url')}`;
  }

  async function checks(
    jws: string,
    expectations: Partial<Expectations> = {},
    context: Partial<VerificationPlan> = {},
  ): Promise<readonly Check[]> {
    const { contract: _none, ...withoutContract } = room.bundle({ token: jws });
    assert.ok(_none !== undefined);
    const { verdict } = await judgeBundle(withoutContract, {
      anchors,
      expectations: { ...defaultExpectations(new Date()), ...expectations },
      crypto: nodeSignatureCrypto,
      ...context,
    });
    return verdict.checks;
  }

  const failed = (list: readonly Check[]): readonly string[] =>
    list.filter((check) => check.status === 'fail').map((check) => check.id);
  const statusOf = (list: readonly Check[], id: string): string | undefined =>
    list.find((check) => check.id === id)?.status;

  it('accepts a token over the same report by a service of the anchors', async () => {
    const list = await checks(token());
    assert.deepEqual(failed(list), []);
    for (const id of ['JWT_SIGNATURE', 'JWT_ISS', 'JWT_TIME', 'CLAIM_REPORT', 'CLAIM_DEBUG', 'CLAIM_VMPL']) {
      assert.equal(statusOf(list, id), 'pass', id);
    }
  });

  it('judges a token in a bundle at the time it was issued, a week and five years later', async () => {
    for (const age of [7 * 86_400, 5 * 365 * 86_400]) {
      const old = token({ iat: NOW - age, nbf: NOW - age, exp: NOW - age + 8 * 3600 });
      assert.deepEqual(failed(await checks(old)), []);
    }
  });

  /* One change, one failing check; where the raw report says the same, CLAIM_REPORT sees the contradiction besides. */
  const MUTATIONS: readonly (readonly [string, Record<string, unknown>, readonly string[]])[] = [
    ['I9: a token from the future', { exp: NOW + 7200, iat: NOW + 3600, nbf: NOW + 3600 }, ['JWT_TIME']],
    ['I9: a token that was never valid', { exp: NOW - 20, iat: NOW - 9, nbf: NOW - 9 }, ['JWT_TIME']],
    ['X4: another issuer', { iss: 'https://evil.example' }, ['JWT_ISS']],
    ['a token about other data', { 'x-ms-sevsnpvm-reportdata': '0'.repeat(128) }, ['CLAIM_REPORT']],
    ['a token about another policy', { 'x-ms-sevsnpvm-hostdata': '0'.repeat(64) }, ['CLAIM_REPORT']],
    ['a token about another guest', { 'x-ms-sevsnpvm-launchmeasurement': '0'.repeat(96) }, ['CLAIM_REPORT']],
    ['a token about other firmware', { 'x-ms-sevsnpvm-microcode-svn': 1 }, ['CLAIM_REPORT']],
    ['O2: a debuggable guest', { 'x-ms-sevsnpvm-is-debuggable': true }, ['CLAIM_DEBUG', 'CLAIM_REPORT']],
    [
      'O2: a report that the host asked for',
      { 'x-ms-sevsnpvm-vmpl': 4294967295 },
      ['CLAIM_VMPL', 'CLAIM_REPORT'],
    ],
    ['a guest without Microsoft’s endorsement', { 'x-ms-compliance-status': 'none' }, ['CLAIM_COMPLIANCE']],
    ['a confidential VM', { 'x-ms-attestation-type': 'azurevm' }, ['CLAIM_TYPE']],
  ];
  for (const [name, changes, expected] of MUTATIONS) {
    it(`${name} fails ${expected.join(' and ')} only`, async () => {
      assert.deepEqual(failed(await checks(token(changes))), expected);
    });
  }

  it('X4: refuses a token by another key under the service’s kid', async () => {
    const other = freshKeyPairSync({ type: 'rsa', bits: 2048 }).privateKey;
    assert.deepEqual(failed(await checks(token({}, other))), ['JWT_SIGNATURE']);
  });

  it('X4: refuses a token by a service of the anchors where the verifier states other keys', async () => {
    const other = freshKeyPairSync({ type: 'rsa', bits: 2048 }).privateKey;
    const tokenKeys = parseServiceKeys({ keys: [jwk(other)] });
    assert.deepEqual(failed(await checks(token(), {}, { tokenKeys })), ['JWT_SIGNATURE']);
    assert.deepEqual(failed(await checks(token({}, other), {}, { tokenKeys })), []);
  });

  it('X4: takes keys from anchors and flags only: without them the signature is not checked, and can be required', async () => {
    const without = { anchors: room.anchors };
    assert.equal(statusOf(await checks(token(), {}, without), 'JWT_SIGNATURE'), 'skip');
    const { verdict } = await judgeBundle(room.bundle({ token: token() }), {
      ...without,
      expectations: defaultExpectations(new Date()),
      required: ['JWT_SIGNATURE'],
      crypto: nodeSignatureCrypto,
    });
    assert.equal(verdict.verdict, 'unproven');
  });

  it('I13: holds the issuer to the verifier’s own list', async () => {
    const list = await checks(token(), { tokenIssuers: ['https://sharedweu.weu.attest.azure.net'] });
    assert.deepEqual(failed(list), ['JWT_JKU', 'JWT_ISS']);
  });

  it('I9: takes the age from the time that the service signed', async () => {
    assert.equal(statusOf(await checks(token(), { maxAgeMs: 60_000 }), 'MAX_AGE'), 'pass');
    const old = token({ iat: NOW - 3600, nbf: NOW - 3600 });
    assert.deepEqual(failed(await checks(old, { maxAgeMs: 60_000 })), ['MAX_AGE']);
  });

  it('I9: takes no age from a token that nobody is known to have signed', async () => {
    const list = await checks(token(), { maxAgeMs: 60_000 }, { anchors: room.anchors });
    assert.equal(statusOf(list, 'MAX_AGE'), 'skip');
  });
});
