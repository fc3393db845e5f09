// A failing case for each check of attestation tokens, and of the attestation service’s own evidence.

import { type KeyObject, sign, X509Certificate } from 'node:crypto';

import type { SERVICE_CHECKS } from '../../../src/lib/attestation/checks/service-checks.js';
import { parseAnchors } from '../../../src/lib/attestation/anchors.js';
import { CheckLog } from '../../../src/lib/attestation/check-log.js';
import { nodeSignatureCrypto } from '../../../src/lib/attestation/crypto/node-crypto.js';
import { readAppraisal } from '../../../src/lib/attestation/expectations.js';
import { parseServiceKeys } from '../../../src/lib/attestation/maa/key-set.js';
import { parseAttestationToken } from '../../../src/lib/attestation/maa/token.js';
import type { Check } from '../../../src/lib/base/verdict/check.js';
import { REFERENCE_VALUES } from '../../../src/lib/contract/published/reference-values.js';
import { renderAnchors } from '../../../src/lib/emulator/anchors.js';
import {
  evidenceExtensions,
  SERVICE_HOST_DATA,
} from '../../../src/lib/emulator/attestation-service/own-evidence.js';
import { issueCertificate, type KeyedCertificate } from '../../../src/lib/emulator/tls/certificates.js';
import { recordService } from '../../../src/lib/evidence/check-service.js';
import { piecesOfBundle } from '../../../src/lib/evidence/evidence-pieces.js';
import { freshKeyPairSync } from '../../../src/lib/keys/fresh-key.js';
import { emulatedRoom } from '../emulated-evidence.js';
import { testProcessor, testUtilityVm } from '../emulated-trust.js';
import { type CasesOf, checksOf, type FailingCase, keysOf, textOf, tokenVector } from './failing-case.js';

const KEYS = 'maa/jwks.json';
const GOOD = 'maa/ok.jwt';
const AT = '"now":1763000000';

/* What an appraisal file demands, over a good token. */
const ofToken = (name: string, file: string, token = textOf(GOOD)): FailingCase => ({
  name,
  fails: () =>
    checksOf(
      { form: 'pieces', parts: {}, token },
      { tokenKeys: keysOf(KEYS), appraisal: readAppraisal(`{${AT}${file}}`) },
    ),
});

const withHeader = (changes: object): string => {
  const [header = '', ...rest] = textOf(GOOD).split('.');
  const stated = JSON.parse(Buffer.from(header, 'base64url').toString()) as object;
  return [Buffer.from(JSON.stringify({ ...stated, ...changes })).toString('base64url'), ...rest].join('.');
};

export const SERVICE_CASES: CasesOf<typeof SERVICE_CHECKS> = {
  JWT_FORMAT: ofToken('a token of two parts', '', 'a.b'),
  JWT_ALG: tokenVector('maa-alg-none'),
  JWT_CRIT: ofToken('a token that demands an extension', '', withHeader({ crit: ['b64'] })),
  JWT_JKU: tokenVector('maa-attacker-jku'),
  JWT_KID: tokenVector('maa-kid-missing'),
  JWT_SIGNATURE: tokenVector('maa-payload-flip'),
  JWT_ISS: tokenVector('maa-iss-other'),
  JWT_TIME: tokenVector('maa-expired'),
  CLAIM_TYPE: tokenVector('maa-cvm-token'),
  CLAIM_COMPLIANCE: tokenVector('maa-compliance-missing'),
  CLAIM_DEBUG: tokenVector('maa-debuggable'),
  CLAIM_MIGRATION: tokenVector('maa-cvm-token'),
  CLAIM_VMPL: tokenVector('maa-cvm-token'),
  CLAIM_HOSTDATA: tokenVector('maa-host-data-other'),
  CLAIM_REPORTDATA: tokenVector('maa-cvm-token'),
  CLAIM_NONCE: tokenVector('maa-nonce-replayed'),
  CLAIM_RUNTIME: ofToken('a token about other keys', ',"runtime_keys_kid":["another"]'),
  CLAIM_POLICY_HASH: ofToken('a service with another policy', `,"service_policy":"${'A'.repeat(43)}"`),
  CLAIM_REPORT: {
    name: 'a token of another guest beside the report',
    fails: async () => {
      const { bundle, anchors } = await emulatedRoom();
      const { privateKey, publicKey } = freshKeyPairSync({ type: 'rsa', bits: 2048 });
      const { n, e } = publicKey.export({ format: 'jwk' });
      const tokenKeys = parseServiceKeys({ keys: [{ kty: 'RSA', kid: 'one', n, e }] });
      return checksOf(piecesOfBundle(bundle({ token: tokenOf(privateKey) })), { anchors, tokenKeys });
    },
  },
  SERVICE_EVIDENCE: { name: 'a certificate of another kind of TEE', fails: () => service('kind') },
  SERVICE_KEY: { name: 'the evidence of another service’s key', fails: () => service('key') },
  SERVICE_ROOM: { name: 'a service in a guest that can be debugged', fails: () => service('debug') },
  SERVICE_PROGRAM: { name: 'a service under a policy that is withdrawn', fails: () => service('withdrawn') },
  SERVICE_ATTESTED: { name: 'the evidence of another service’s key', fails: () => service('key') },
};

/* About nothing that any report says. */
function tokenOf(key: KeyObject): string {
  const part = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url');
  const iat = Math.floor(Date.now() / 1000);
  const claims = { iat, nbf: iat, exp: iat + 60, 'x-ms-sevsnpvm-hostdata': '0'.repeat(64) };
  const signed = `${part({ alg: 'RS256', kid: 'one' })}.${part(claims)}`;
  return `${signed}.${sign('sha256', Buffer.from(signed), key).toString('base64url')}`;
}

/* The evidence in a service’s certificate, broken in one way. */
async function service(broken: 'kind' | 'key' | 'debug' | 'withdrawn'): Promise<readonly Check[]> {
  const room = { processor: await testProcessor(), utilityVm: await testUtilityVm() };
  const own = parseAnchors(
    renderAnchors({ processors: [room.processor], utilityVm: room.utilityVm, attestationServices: [] }),
  );
  const hostData = Buffer.from(SERVICE_HOST_DATA).toString('hex');
  const debuggable: typeof room.processor = Object.create(room.processor, {
    signReport: {
      value: (...[guest, data, options]: Parameters<typeof room.processor.signReport>) =>
        room.processor.signReport(guest, data, { ...options, debug: true }),
    },
  }) as typeof room.processor;
  const other = freshKeyPairSync({ type: 'rsa', bits: 2048 }).publicKey.export({
    type: 'spki',
    format: 'pem',
  });
  const keyed = await issueCertificate({
    commonName: 'service',
    notBefore: new Date(Date.now() - 3_600_000),
    years: 1,
    issuer: null,
    profile: { kind: 'authority', pathLength: 0 },
    textExtensions: (publicKey) => {
      const made = evidenceExtensions(broken === 'key' ? String(other) : publicKey, {
        ...room,
        ...(broken === 'debug' ? { processor: debuggable } : {}),
      });
      return broken === 'kind'
        ? made.map(({ oid, text }) => ({ oid, text: text.startsWith('{') ? text : 'sgx' }))
        : made;
    },
  });
  const [first] = REFERENCE_VALUES.services;
  const services = first === undefined ? [] : [{ ...first, hostData, status: 'withdrawn' as const }];
  const log = new CheckLog();
  await recordService(
    parseAttestationToken(`${Buffer.from('{"kid":"one"}').toString('base64url')}.e30.AAAA`),
    keysIn(keyed),
    {
      anchors: { ...own, source: 'pinned' },
      crypto: nodeSignatureCrypto,
      reference: { ...REFERENCE_VALUES, services },
      at: new Date(),
      crls: [],
      brought: [],
    },
    log,
  );
  return log.checks();
}

function keysIn({ certificatePem }: KeyedCertificate): ReturnType<typeof parseServiceKeys> {
  const x5c = [new X509Certificate(certificatePem).raw.toString('base64')];
  return parseServiceKeys({ keys: [{ kty: 'RSA', kid: 'one', x5c }] });
}
