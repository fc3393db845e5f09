// Evidence in other people's containers, made from the bytes of real machines: each form is known by its own members.

import assert from 'node:assert/strict';

import { PINNED_ANCHORS } from '../../../src/lib/attestation/anchors.js';
import { nodeSignatureCrypto } from '../../../src/lib/attestation/crypto/node-crypto.js';
import { defaultExpectations } from '../../../src/lib/attestation/expectations.js';
import { recognizeEvidence } from '../../../src/lib/attestation/foreign-forms.js';
import { verificationPlan } from '../../../src/lib/evidence/verification-plan.js';
import { verifyEvidenceFile, type VerifiedFile } from '../../../src/lib/evidence/verify-evidence-file.js';
import { utf8 } from '../../../src/lib/base/bytes/arrays.js';
import { vectorFile } from '../../support/attestation-vectors.js';

const SET = 'sets/aci-milan-v3-svn103-ec';
const report = Buffer.from(vectorFile(`${SET}/report.bin`));
const pem = Buffer.from(vectorFile(`${SET}/endorsements.pem`));
const uvm = Buffer.from(vectorFile(`${SET}/reference-info.cose`));
const token = Buffer.from(vectorFile('maa/ok.jwt')).toString('utf8').trim();
const [vcek = '', ...chain] = pem.toString('utf8').split(/(?<=-----END CERTIFICATE-----\n)/);
const thim = JSON.stringify({
  vcekCert: vcek,
  tcbm: 'DB18000000000004',
  certificateChain: chain.join(''),
  cacheControl: '86400',
});
const base64 = (data: Buffer | string): string => Buffer.from(data).toString('base64');
const wrapped = (text: string): string => text.replace(/.{76}/g, '$&\r\n');

const combined = { evidence: base64(report), endorsements: base64(pem), uvm_endorsements: base64(uvm) };
const maaRequest = {
  report: Buffer.from(
    JSON.stringify({
      SnpReport: report.toString('base64url'),
      VcekCertChain: pem.toString('base64url'),
      Endorsements: Buffer.from(JSON.stringify({ Uvm: [uvm.toString('base64url')] })).toString('base64url'),
    }),
  ).toString('base64url'),
  runtimeData: {
    data: Buffer.from(vectorFile(`${SET}/runtime-data.pem`)).toString('base64url'),
    dataType: 'Binary',
  },
  nonce: '1',
};

/* Name, text, form, and the parts that it has to give. */
const FORMS: readonly (readonly [string, string | Buffer, string, readonly string[]])[] = [
  ['a report as bytes', report, 'snp-report', ['report']],
  ['a report in hex, as people paste it', report.toString('hex'), 'snp-report', ['report']],
  [
    'a report in upper-case hex with line breaks',
    wrapped(report.toString('hex').toUpperCase()),
    'snp-report',
    ['report'],
  ],
  ['a report in base64 with line breaks', wrapped(base64(report)), 'snp-report', ['report']],
  ['a report in base64url', report.toString('base64url'), 'snp-report', ['report']],
  ['/attest/raw', JSON.stringify({ report: report.toString('hex') }), 'sidecar-raw', ['report']],
  [
    '/attest/combined',
    JSON.stringify({ ...combined, endorsed_tcb: 'DB18000000000004' }),
    'sidecar-combined',
    ['report', 'endorsements', 'uvm'],
  ],
  ['CCF evidence', JSON.stringify(combined), 'ccf-evidence', ['report', 'endorsements', 'uvm']],
  [
    'CCF evidence with THIM JSON inside',
    JSON.stringify({ ...combined, endorsements: base64(thim) }),
    'ccf-evidence',
    ['report', 'endorsements', 'uvm'],
  ],
  [
    'CCF evidence without an endorsement',
    JSON.stringify({ ...combined, uvm_endorsements: '' }),
    'ccf-evidence',
    ['report', 'endorsements'],
  ],
  ['THIM JSON', thim, 'thim', ['endorsements']],
  ['host-amd-cert-base64', base64(thim), 'thim', ['endorsements']],
  ['reference-info-base64', `${base64(uvm)}\n`, 'uvm-endorsement', ['uvm']],
  ['a COSE_Sign1', uvm, 'uvm-endorsement', ['uvm']],
  [
    'an MAA request',
    JSON.stringify(maaRequest),
    'maa-request',
    ['report', 'endorsements', 'uvm', 'runtimeData'],
  ],
  [
    'an MAA request of a machine',
    Buffer.from(vectorFile('sets/aci-milan-v3-maa-request/maa-request.json')),
    'maa-request',
    ['report', 'endorsements', 'uvm', 'runtimeData'],
  ],
];

const GENUINE: Readonly<Record<string, Buffer>> = { report, uvm };

function verify(content: string | Buffer, required: readonly string[] = []): Promise<VerifiedFile> {
  return verifyEvidenceFile(
    Buffer.from(content),
    verificationPlan({
      anchors: PINNED_ANCHORS,
      expectations: defaultExpectations(new Date('2026-11-23T00:00:00Z')),
      required,
      crypto: nodeSignatureCrypto,
    }),
  );
}

describe('foreign forms of evidence', () => {
  for (const [name, content, form, parts] of FORMS) {
    it(`knows ${name}, and verifies what is in it`, async () => {
      const found = recognizeEvidence(Buffer.from(content));
      assert.equal(found?.form, form);
      assert.deepEqual(Object.keys(found.parts), parts);
      for (const part of ['report', 'uvm'] as const) {
        if (!name.endsWith('machine') && found.parts[part] !== undefined) {
          assert.deepEqual(Buffer.from(found.parts[part]), GENUINE[part]);
        }
      }
      const verdict = await verify(content);
      const failed = verdict.checks.filter((check) => check.status === 'fail').map((check) => check.id);
      assert.deepEqual(failed, []);
      // A report without certificates is signed by nobody who is known.
      if (parts.join() === 'report') assert.equal(verdict.verdict, 'unproven');
      assert.equal(verdict.form, form);
    });
  }

  it('knows /attest/maa and a bare token', async () => {
    for (const [content, form] of [
      [JSON.stringify({ token }), 'sidecar-maa'],
      [`${token}\n`, 'attestation-token'],
    ] as const) {
      assert.equal(recognizeEvidence(utf8(content))?.token, token);
      const { verdict, form: known } = await verify(content);
      assert.equal(known, form);
      assert.notEqual(verdict, 'accepted');
    }
  });

  /* MAA: the sidecar writes two JSON values where attestation failed. */
  for (const [name, content] of [
    ['the two values of a sidecar that failed', '{"error":"attestation failed"}{"token":""}'],
    ['two reports in one value', '{"report":"00","report":"01"}'],
  ] as const) {
    it(`X5: refuses ${name}`, () => {
      assert.throws(() => recognizeEvidence(utf8(content)), { code: 'EVIDENCE_MALFORMED' });
    });
  }

  for (const [name, content] of [
    ['a sidecar’s error', '{"error":"attestation failed"}'],
    ['an answer with one member more', JSON.stringify({ report: report.toString('hex'), note: 'trust me' })],
    ['a report cut short', report.subarray(0, 1183)],
    ['a report in base64 cut short', base64(report).slice(0, -4)],
    ['nothing', ''],
    ['white space', ' \n\t'],
    ['a list', '[]'],
    ['a private key', '-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n'],
    ['UTF-16', Buffer.from(`\ufeff${thim}`, 'utf16le')],
  ] as const) {
    it(`does not guess: ${name} is no evidence`, async () => {
      assert.equal(recognizeEvidence(Buffer.from(content)), null);
      await assert.rejects(verify(content), { code: 'EVIDENCE_UNKNOWN_FORM' });
    });
  }

  it('fails the check of a part that does not decode, in a form that is known', async () => {
    const damaged = JSON.stringify({ ...combined, evidence: 'not base64!' });
    const { checks, verdict } = await verify(damaged);
    assert.equal(verdict, 'refused');
    assert.equal(checks.find((check) => check.id === 'REPORT_LENGTH')?.status, 'fail');
  });
});
