// Attacks by an attestation service of the attacker's own, that passes for one that is itself attested (O9).

import { createPrivateKey, randomBytes, sign, X509Certificate } from 'node:crypto';

import { nodeSignatureCrypto } from '../../attestation/crypto/node-crypto.js';
import { defaultExpectations } from '../../attestation/expectations.js';
import { parseServiceKeys } from '../../attestation/maa/key-set.js';
import { SERVICE_EXTENSION } from '../../attestation/maa/service-certificate.js';
import { parseCertificate } from '../../attestation/x509/certificate.js';
import { fromBase64 } from '../../base/bytes/base64.js';
import { CleanroomError } from '../../base/errors.js';
import { callService } from '../../azure/service-exchange.js';
import { issueCertificate } from '../../emulator/tls/certificates.js';
import { verificationPlan } from '../../evidence/verification-plan.js';
import { verifyPieces } from '../../evidence/verify-evidence-file.js';
import { contractAnchors } from '../../parties/verify-room-evidence.js';
import { connectionOf } from '../stage/connection-of.js';
import type { Deal } from '../stage/deal.js';
import type { Attack } from './attack.js';
import { VERIFIER } from './guards.js';

const A_LIE = 'nothing at once; but its reader would believe in a room that never ran';

type Extensions = readonly { readonly oid: string; readonly text: string }[];

interface OwnService {
  readonly name: string;
  readonly what: string;
  /** The extensions of the attacker's certificate, given those of the genuine one. */
  readonly extensions: (genuine: Extensions) => Extensions;
  readonly notBefore: () => Date;
}

const HOUR_MS = 3_600_000;
const justNow = (): Date => new Date(Date.now() - HOUR_MS);

const OWN_SERVICES: readonly OwnService[] = [
  {
    name: 'service-without-evidence',
    what: 'signs tokens as an attestation service whose certificate carries no evidence',
    extensions: () => [],
    notBefore: justNow,
  },
  {
    name: 'service-with-swapped-evidence',
    what: 'signs tokens as an attestation service whose certificate carries the evidence of the genuine one',
    extensions: (genuine) => genuine,
    notBefore: justNow,
  },
  {
    name: 'service-with-stale-evidence',
    what: 'signs tokens as an attestation service whose certificate, with its evidence, expired long ago',
    extensions: (genuine) => genuine,
    notBefore: () => new Date('2020-01-01T00:00:00Z'),
  },
];

export const SERVICE_ATTACKS: readonly Attack[] = OWN_SERVICES.map((own) => ({
  id: 'O9',
  name: own.name,
  what: own.what,
  wouldHaveLeaked: A_LIE,
  guards: { EVIDENCE_REFUSED: VERIFIER },
  play: async ({ honest }) => {
    const deal = await honest();
    const genuine = await genuineExtensions(deal);
    const { token, jwks } = await serviceOfOwn(own, genuine);
    const plan = verificationPlan({
      anchors: await contractAnchors(deal.parsed, deal.terms.host.profile),
      expectations: defaultExpectations(new Date()),
      // Whoever asks took the attacker's key set for the service's.
      tokenKeys: parseServiceKeys(jwks),
      required: ['SERVICE_ATTESTED'],
      emulatedAllowed: true,
      crypto: nodeSignatureCrypto,
    });
    const { checks } = await verifyPieces({ form: 'attestation-token', parts: {}, token }, plan);
    const attested = checks.find(({ id }) => id === 'SERVICE_ATTESTED');
    if (attested?.status === 'pass') return null;
    throw new CleanroomError('EVIDENCE_REFUSED', 'the attestation service is not shown to be attested');
  },
}));

async function genuineExtensions({ parsed, terms }: Deal): Promise<Extensions> {
  const [authority = ''] = parsed.contract.attestation.authorities;
  const { text } = await callService(await connectionOf(terms.host), {
    method: 'GET',
    url: `${authority}/certs`,
    token: null,
  });
  const { keys } = JSON.parse(text) as { readonly keys: readonly { readonly x5c: readonly string[] }[] };
  const { extensions } = parseCertificate(fromBase64(keys[0]?.x5c[0] ?? '') ?? new Uint8Array());
  return Object.values(SERVICE_EXTENSION).flatMap((oid) => {
    const value = extensions.get(oid)?.value;
    return value === undefined ? [] : [{ oid, text: utf8StringOf(value) }];
  });
}

/* Behind the tag and the length. */
function utf8StringOf(der: Uint8Array): string {
  const lengthOctets = (der[1] ?? 0) < 0x80 ? 0 : (der[1] ?? 0) & 0x7f;
  return new TextDecoder().decode(der.subarray(2 + lengthOctets));
}

async function serviceOfOwn(
  { extensions, notBefore }: OwnService,
  genuine: Extensions,
): Promise<{ readonly token: string; readonly jwks: unknown }> {
  const keyed = await issueCertificate({
    commonName: 'https://attestation.contoso.example',
    notBefore: notBefore(),
    years: 1,
    issuer: null,
    profile: { kind: 'authority', pathLength: 0 },
    textExtensions: () => extensions(genuine),
  });
  const kid = randomBytes(8).toString('hex');
  const part = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url');
  const now = Math.floor(Date.now() / 1000);
  const claims = { iat: now, nbf: now, exp: now + 3600, 'x-ms-attestation-type': 'sevsnpvm' };
  const signed = `${part({ alg: 'RS256', kid })}.${part(claims)}`;
  const signature = sign('sha256', Buffer.from(signed), createPrivateKey(keyed.privateKeyPem));
  const x5c = [new X509Certificate(keyed.certificatePem).raw.toString('base64')];
  return {
    token: `${signed}.${signature.toString('base64url')}`,
    jwks: { keys: [{ kty: 'RSA', kid, x5c }] },
  };
}
