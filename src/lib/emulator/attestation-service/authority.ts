// The attestation service: verifies SEV-SNP evidence as the product's own verifier does, then says what is so.

import { createPrivateKey, randomBytes, X509Certificate } from 'node:crypto';

import { CompactSign } from 'jose';
import * as v from 'valibot';

import type { Anchors } from '../../attestation/anchors.js';
import { nodeSignatureCrypto } from '../../attestation/crypto/node-crypto.js';
import { defaultExpectations } from '../../attestation/expectations.js';
import { checkSnpEvidence } from '../../attestation/verify-snp-evidence.js';
import { utf8 } from '../../base/bytes/arrays.js';
import { toBase64 } from '../../base/bytes/base64.js';
import { toHex } from '../../base/bytes/hex.js';
import { decide } from '../../base/verdict/check.js';
import { epochSeconds, type Clock } from '../clock.js';
import type { StateStore } from '../state/state-store.js';
import { loadDocumentAs } from '../state/stored-document.js';
import { issueCertificate } from '../tls/certificates.js';
import {
  CERTIFICATE_YEARS,
  NOT_THE_SERVICES_BUSINESS,
  REQUIRED_CHECKS,
  REQUIRED_UVM_CHECKS,
} from './constants.js';
import { invalidParameter, type AttestRequest } from './evidence.js';
import { evidenceExtensions, SERVICE_HOST_DATA, type ServiceRoom } from './own-evidence.js';
import { tokenClaims } from './token.js';

export interface AttestationServiceOptions {
  /** `https://127.0.0.1:PORT`: `iss` of every token. */
  readonly issuer: string;
  readonly store: StateStore;
  readonly clock: Clock;
  /** The roots and the UVM signer that this service believes. */
  readonly anchors: Anchors;
  /** Where the service runs itself: its certificate then carries the evidence. None in tests that ask for no evidence. */
  readonly room?: ServiceRoom;
}

/** A key as `/certs` publishes it: no n and e, only the certificate. */
export interface PublishedKey {
  readonly kty: 'RSA';
  readonly kid: string;
  readonly x5c: readonly string[];
}

export interface AttestationService {
  readonly issuer: string;
  readonly jwks: { readonly keys: readonly PublishedKey[] };
  /** HOST_DATA of the group that it runs in, lower-case hex. */
  readonly hostData: readonly string[];
  /** A token for evidence that holds. @throws AzureError 400 InvalidParameter */
  attest(request: AttestRequest): Promise<string>;
}

const State = v.strictObject({ kid: v.string(), privateKeyPem: v.string(), certificatePem: v.string() });

/** Opens the service of a state store, or makes its signing key. @throws CleanroomError EMULATOR_STATE_CORRUPT */
export async function openAttestationService(
  options: AttestationServiceOptions,
): Promise<AttestationService> {
  const { store, issuer } = options;
  const document = 'attestation-service';
  const kept = await loadDocumentAs(store, document, State);
  const state = kept ?? (await makeSigningKey(options));
  if (kept === null) await store.save(document, state);
  const key = createPrivateKey(state.privateKeyPem);
  const x5c = [new X509Certificate(state.certificatePem).raw.toString('base64')];
  const header = { alg: 'RS256', jku: `${issuer}/certs`, kid: state.kid, typ: 'JWT' };

  return {
    issuer,
    jwks: { keys: [{ kty: 'RSA', kid: state.kid, x5c }] },
    hostData: [toHex(SERVICE_HOST_DATA)],
    attest: async (request) => {
      const claims = await verifiedClaims(request, options);
      return new CompactSign(utf8(JSON.stringify(claims))).setProtectedHeader(header).sign(key);
    },
  };
}

/* Self-signed, named after the instance; the kid is opaque, standard base64 with padding (MAA). */
async function makeSigningKey({
  issuer,
  clock,
  room,
}: AttestationServiceOptions): Promise<v.InferOutput<typeof State>> {
  const certificate = await issueCertificate({
    commonName: issuer,
    notBefore: clock(),
    years: CERTIFICATE_YEARS,
    issuer: null,
    profile: { kind: 'authority', pathLength: 0 },
    ...(room === undefined
      ? {}
      : { textExtensions: (publicKey: string) => evidenceExtensions(publicKey, room) }),
  });
  return { kid: toBase64(randomBytes(32)), ...certificate };
}

async function verifiedClaims(
  request: AttestRequest,
  { anchors, clock, issuer }: AttestationServiceOptions,
): Promise<ReturnType<typeof tokenClaims>> {
  const { evidence, checks } = await checkSnpEvidence({
    report: request.report,
    endorsements: request.certificates,
    ...(request.uvm === null ? {} : { uvm: request.uvm }),
    runtimeData: request.runtimeData,
    anchors,
    expectations: defaultExpectations(clock()),
    crypto: nodeSignatureCrypto,
  });
  const relevant = checks.filter(({ id }) => !NOT_THE_SERVICES_BUSINESS.includes(id));
  const required = [...REQUIRED_CHECKS, ...(request.uvm === null ? [] : REQUIRED_UVM_CHECKS)];
  const verdict = decide(relevant, 'emulated', required);
  const { report, product } = evidence;
  if (verdict.verdict !== 'accepted' || report === null || product === null) {
    const failed = verdict.checks.filter(({ status }) => status === 'fail').map(({ id }) => id);
    throw invalidParameter(`SEV-SNP evidence is not valid: ${failed.join(', ')}.`);
  }
  return tokenClaims({
    issuer,
    report,
    product,
    uvmEndorsed: request.uvm !== null,
    runtimeClaims: request.runtimeClaims,
    nonce: request.nonce,
    now: epochSeconds(clock),
  });
}
