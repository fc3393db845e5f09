// Parsers on bytes that are not what they should be: an outcome every time, in bounded time, never another exception.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';

import fc from 'fast-check';

import { nodeSignatureCrypto } from '../../../src/lib/attestation/crypto/node-crypto.js';
import { PINNED_ANCHORS } from '../../../src/lib/attestation/anchors.js';
import { defaultExpectations } from '../../../src/lib/attestation/expectations.js';
import { recognizeEvidence } from '../../../src/lib/attestation/foreign-forms.js';
import { parseAttestationToken } from '../../../src/lib/attestation/maa/token.js';
import { parseUvmEndorsement } from '../../../src/lib/attestation/uvm/endorsement.js';
import { judgeRaw } from '../../support/judge.js';
import { parseCertificate } from '../../../src/lib/attestation/x509/certificate.js';
import { parseRevocationList } from '../../../src/lib/attestation/x509/crl.js';
import { parsePem } from '../../../src/lib/attestation/x509/pem.js';
import { type EvidenceBundle, parseBundle, renderBundle } from '../../../src/lib/evidence/evidence-bundle.js';
import { utf8 } from '../../../src/lib/base/bytes/arrays.js';
import { parsePolicy } from '../../../src/lib/cce-policy/read/policy-model.js';
import { CleanroomError } from '../../../src/lib/base/errors.js';
import { vectorFile } from '../../support/attestation-vectors.js';
import { processorSeconds } from '../../support/processor-time.js';

const SET = 'sets/aci-milan-v3-svn103-ec';
const RUNS = { numRuns: 300 };

/** Parses, and lets only the one error class pass. */
function outcomeOf(parse: () => unknown): void {
  try {
    parse();
  } catch (cause) {
    assert.ok(cause instanceof CleanroomError, String(cause));
    assert.notEqual(cause.code, 'INTERNAL');
  }
}

/* Genuine bytes with a few changed, cut off, or extended. */
function damaged(genuine: Uint8Array): fc.Arbitrary<Uint8Array> {
  const change = fc.tuple(fc.nat(genuine.length - 1), fc.nat(255));
  return fc
    .tuple(fc.array(change, { maxLength: 4 }), fc.nat(genuine.length), fc.boolean())
    .map(([changes, length, cut]) => {
      const bytes = Uint8Array.from(genuine);
      for (const [index, value] of changes) bytes[index] = value;
      return cut ? bytes.subarray(0, length) : bytes;
    });
}

function text(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('latin1');
}

describe('attestation parsers on bad input', function () {
  this.timeout(60_000);
  const uvm = vectorFile(`${SET}/reference-info.cose`);
  const pem = vectorFile(`${SET}/endorsements.pem`);
  const der = parsePem(text(pem), 'CERTIFICATE')[0]!;

  it('survives damaged certificates and arbitrary DER', () => {
    fc.assert(
      fc.property(fc.oneof(damaged(der), fc.uint8Array({ maxLength: 200 })), (bytes) => {
        outcomeOf(() => parseCertificate(bytes));
        outcomeOf(() => parseRevocationList(bytes));
      }),
      RUNS,
    );
  });

  it('survives damaged endorsements and arbitrary CBOR', () => {
    fc.assert(
      fc.property(fc.oneof(damaged(uvm), fc.uint8Array({ maxLength: 200 })), (bytes) => {
        outcomeOf(() => parseUvmEndorsement(bytes));
        outcomeOf(() => parseUvmEndorsement(Uint8Array.of(0xd2, 0x84, ...bytes)));
      }),
      RUNS,
    );
  });

  it('survives arbitrary tokens, bundles and foreign forms', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.json()), (input) => {
        outcomeOf(() => parseAttestationToken(input));
        outcomeOf(() => parseBundle(new TextEncoder().encode(input)));
        outcomeOf(() => recognizeEvidence(new TextEncoder().encode(input)));
      }),
      RUNS,
    );
  });

  it('gives a refused verdict for damaged evidence of every part', async () => {
    const report = vectorFile(`${SET}/report.bin`);
    await fc.assert(
      fc.asyncProperty(damaged(report), damaged(pem), damaged(uvm), async (a, b, c) => {
        const { verdict } = await judgeRaw({
          report: a,
          endorsements: b,
          uvm: c,
          anchors: PINNED_ANCHORS,
          expectations: defaultExpectations(new Date('2026-11-23T00:00:00Z')),
          crypto: nodeSignatureCrypto,
        });
        assert.ok(verdict.checks.length > 30);
      }),
      { numRuns: 100 },
    );
  });

  it('refuses deep CBOR without following it down', () => {
    const deep = new Uint8Array(200_000).fill(0x81);
    assert.throws(() => parseUvmEndorsement(deep), { code: 'EVIDENCE_MALFORMED' });
    const tags = new Uint8Array(200_000).fill(0xd2);
    assert.throws(() => parseUvmEndorsement(tags), { code: 'EVIDENCE_MALFORMED' });
  });

  it('refuses deep JSON without following it down', () => {
    const bomb = new TextEncoder().encode(`{"type":"cleanroom-evidence","contract":${'['.repeat(1_000_000)}`);
    assert.throws(() => parseBundle(bomb), { code: 'EVIDENCE_MALFORMED' });
  });

  it('refuses a bundle over 16 MiB', () => {
    assert.throws(() => parseBundle(new Uint8Array(16 * 1024 * 1024 + 1)), { code: 'EVIDENCE_MALFORMED' });
  });

  it('reads megabytes in every text field in bounded time, without overflowing the stack', async () => {
    const long = 'A'.repeat(4 * 1024 * 1024);
    const good = { collected: new Date(0), certificates: 'x', policy: 'x', runtimeData: 'x' };
    const bundle = (changes: Partial<EvidenceBundle>): Uint8Array =>
      utf8(renderBundle({ ...good, report: new Uint8Array(1184), ...changes }));
    const seconds = await processorSeconds(() => {
      parseBundle(bundle({ report: new Uint8Array(3 * 1024 * 1024) }));
      parseBundle(bundle({ policy: long, token: `${long}.A.A` }));
      for (const json of [
        `{"a":"${long}"}`,
        `{"a":"${long}`,
        `{"report":"${long}"}`,
        `{"${'\\\\'.repeat(2_000_000)}":0}`,
      ]) {
        outcomeOf(() => recognizeEvidence(utf8(json)));
      }
      for (const text of [
        long,
        `${long}.A.A`,
        '-----BEGIN CERTIFICATE-----'.repeat(100_000),
        'A.'.repeat(1_000_000),
      ]) {
        outcomeOf(() => recognizeEvidence(utf8(text)));
        outcomeOf(() => parsePem(text, 'CERTIFICATE'));
      }
    });
    assert.ok(seconds < 20, `${seconds} s`);
  });

  it('X8: reads them also in a process whose engine has stopped to optimize patterns, as it does after many', () => {
    const program = `
      import { recognizeEvidence } from './dist/lib/attestation/foreign-forms.js';
      import { parseBundle, renderBundle } from './dist/lib/evidence/evidence-bundle.js';
      import { findPolicyDenials } from './dist/lib/cce-policy/read/denial.js';
      const long = 'A'.repeat(4 * 1024 * 1024);
      for (const text of [long, long + '.A.A', 'A' + ' '.repeat(long.length) + 'A'])
        recognizeEvidence(new TextEncoder().encode(text));
      const good = { collected: new Date(0), certificates: 'x', policy: 'x', runtimeData: 'x' };
      const bundle = { ...good, report: new Uint8Array(1184), token: long + '.A.A' };
      parseBundle(new TextEncoder().encode(renderBundle(bundle)));
      const cut = '{"decision":"deny","reason":{"errors":["' + long;
      findPolicyDenials('policyDecision<' + long);
      findPolicyDenials('policyDecision<' + Buffer.from(cut).toString('base64'));`;
    const argv = ['--no-regexp-optimization', '--input-type=module'];
    const { status, stderr } = spawnSync(process.execPath, argv, { input: program, encoding: 'utf8' });
    assert.equal(status, 0, stderr);
  });

  it('reads megabytes of policy in bounded time: comments, assignments, paths', async () => {
    const seconds = await processorSeconds(() => {
      const assignments = Array.from({ length: 200_000 }, (_, index) => `k${index} := 1`).join('\n');
      for (const text of [
        '#\n'.repeat(3_000_000),
        `package policy\n${assignments}`,
        `package ${'a.'.repeat(2_000_000)}`,
      ]) {
        assert.equal(parsePolicy(text).form, 'unknown');
      }
    });
    assert.ok(seconds < 20, `${seconds} s`);
  });

  it('refuses a bundle with more members than any contract has', () => {
    const contract = Object.fromEntries(Array.from({ length: 50_001 }, (_, index) => [`k${index}`, 0]));
    assert.throws(() => parseBundle(utf8(JSON.stringify({ contract }))), /more than 50000 members/);
  });
});
