// What the emulated attestation service and the emulated HSMs run, as statements in a ledger: the form of Microsoft's Signing
// Transparency, by signers and a ledger of the emulator's own.

import { constants, createHash, createPrivateKey, sign, X509Certificate } from 'node:crypto';

import { encode, Tagged } from 'cborg';
import * as v from 'valibot';

import type { StatedService } from '../../attestation/releases/release-anchors.js';
import { utf8 } from '../../base/bytes/arrays.js';
import { fromBase64, toBase64, toBase64Url } from '../../base/bytes/base64.js';
import { SERVICE_POLICY } from '../attestation-service/own-evidence.js';
import { epochSeconds, type Clock } from '../clock.js';
import { corrupt, type StateStore } from '../state/state-store.js';
import { loadDocumentAs } from '../state/stored-document.js';
import { issueCertificate, type KeyedCertificate } from '../tls/certificates.js';
import { COSE } from '../uvm/constants.js';
import { LEDGER_ISSUER, RECEIPT, SIGNER_YEARS, STATED_EKU, STATED_SUBJECT } from './constants.js';
import { makeLedger, type EmulatedLedger } from './ledger.js';

/** Whom anchors name for the releases of services. */
export interface ReleaseSources {
  readonly signers: readonly {
    readonly service: StatedService;
    readonly subject: string;
    readonly did: string;
  }[];
  readonly ledgers: readonly EmulatedLedger['key'][];
}

export interface Releases extends ReleaseSources {
  /** Transparent statements, tagged COSE_Sign1 with a receipt. */
  readonly statements: Readonly<Record<StatedService, Uint8Array>>;
}

const Text = v.string();
const Signer = v.strictObject({ service: v.picklist(['attestation', 'hsm']), subject: Text, did: Text });
const Jwk = v.strictObject({ kty: v.literal('EC'), crv: v.literal('P-384'), x: Text, y: Text });
const State = v.strictObject({
  signers: v.array(Signer),
  ledgers: v.array(v.strictObject({ issuer: Text, kid: Text, jwk: Jwk })),
  /** Base64. */
  statements: v.strictObject({ attestation: Text, hsm: Text }),
});

/** The document of signers, ledger and statements. */
export const RELEASES_DOCUMENT = 'signing-transparency';

/** Opens the statements of a state store, or makes them. @throws CleanroomError EMULATOR_STATE_CORRUPT */
export async function openReleases(store: StateStore, clock: Clock): Promise<Releases> {
  const kept = await loadDocumentAs(store, RELEASES_DOCUMENT, State);
  const state = kept ?? (await makeReleases(clock));
  if (kept === null) await store.save(RELEASES_DOCUMENT, state);
  const [attestation, hsm] = [fromBase64(state.statements.attestation), fromBase64(state.statements.hsm)];
  if (attestation === null || hsm === null)
    throw corrupt(`${RELEASES_DOCUMENT}.json`, new Error('not two statements'));
  return { signers: state.signers, ledgers: state.ledgers, statements: { attestation, hsm } };
}

/* The payloads are those of Microsoft's documentation: a group's policy, and an enclave's measurements. */
const PAYLOAD: Readonly<Record<StatedService, object>> = {
  attestation: {
    'security-policy-base64': toBase64(utf8(SERVICE_POLICY)),
    'security-policy-fragments-signed-base64': [],
  },
  hsm: {
    'sgx-enclave': {
      mrsigner: '00'.repeat(32),
      mrenclave: '00'.repeat(32),
      enclaveFileSha256: '00'.repeat(32),
    },
  },
};

async function makeReleases(clock: Clock): Promise<v.InferOutput<typeof State>> {
  // One moment for all: a statement is not signed before its signer's certificate.
  const now = clock();
  const at = epochSeconds(() => now);
  const root = await issueCertificate({
    commonName: 'cleanroom emulator: root of release signers, not Microsoft',
    notBefore: now,
    years: SIGNER_YEARS,
    issuer: null,
    profile: { kind: 'authority', pathLength: 0 },
  });
  const ledger = makeLedger(LEDGER_ISSUER);
  const signers = {
    attestation: await makeSigner('attestation', root, now),
    hsm: await makeSigner('hsm', root, now),
  };
  const register = (service: StatedService): string =>
    toBase64(makeTransparent(signStatement(signers[service], PAYLOAD[service], at), ledger, at));
  return {
    signers: [signers.attestation, signers.hsm].map(({ service, subject, did }) => ({
      service,
      subject,
      did,
    })),
    ledgers: [ledger.key],
    statements: { attestation: register('attestation'), hsm: register('hsm') },
  };
}

/** Whoever states the releases of a service: a chain of two and its leaf's key. */
export interface StatementSigner {
  readonly service: StatedService;
  readonly subject: string;
  readonly did: string;
  /** DER, leaf first. */
  readonly chain: readonly Uint8Array[];
  /** PKCS#8 PEM. */
  readonly privateKeyPem: string;
}

/** A signer of `service` under `root`. */
export async function makeSigner(
  service: StatedService,
  root: KeyedCertificate,
  now: Date,
): Promise<StatementSigner> {
  const eku = STATED_EKU[service];
  const leaf = await issueCertificate({
    commonName: `cleanroom emulator: signer of ${service} releases`,
    notBefore: now,
    years: SIGNER_YEARS,
    issuer: root,
    profile: { kind: 'signer', keyUsages: [eku] },
  });
  const chain = [leaf, root].map(({ certificatePem }) =>
    Uint8Array.from(new X509Certificate(certificatePem).raw),
  );
  const fingerprint = createHash('sha256')
    .update(chain[1] ?? new Uint8Array())
    .digest();
  return {
    service,
    subject: STATED_SUBJECT[service],
    did: `did:x509:0:sha256:${toBase64Url(fingerprint)}::eku:${eku}`,
    chain,
    privateKeyPem: leaf.privateKeyPem,
  };
}

/** The parts of a signed statement: what its message is made of. */
export interface SignedParts {
  readonly protectedHeader: Uint8Array;
  readonly payload: Uint8Array;
  readonly signature: Uint8Array;
}

/** Signs a statement (PS384), its payload JSON with source and build as Microsoft's have them. */
export function signStatement(signer: StatementSigner, stated: object, at: number): SignedParts {
  const source = { commit: '0'.repeat(40), branch: 'refs/heads/main' };
  const payload = utf8(JSON.stringify({ source, build: { id: '1', number: '1' }, ...stated }));
  const [leaf = new Uint8Array()] = signer.chain;
  const protectedHeader = encode(
    new Map<number, unknown>([
      [COSE.alg, COSE.ps384],
      [COSE.contentType, 'application/json'],
      [
        RECEIPT.cwtClaims,
        new Map<number | string, unknown>([
          [1, signer.did],
          [2, signer.subject],
          [6, new Tagged(COSE.timeTag, at)],
          ['svn', 1],
        ]),
      ],
      [COSE.x5chain, [...signer.chain]],
      [COSE.x5t, [COSE.sha256, Uint8Array.from(createHash('sha256').update(leaf).digest())]],
    ]),
  );
  const signature = sign('sha384', encode(['Signature1', protectedHeader, new Uint8Array(), payload]), {
    key: createPrivateKey(signer.privateKeyPem),
    padding: constants.RSA_PKCS1_PSS_PADDING,
    saltLength: constants.RSA_PSS_SALTLEN_DIGEST,
  });
  return { protectedHeader, payload, signature: Uint8Array.from(signature) };
}

/** A transparent statement: the signed one, with the receipts of `ledger` in its unprotected header. */
export function makeTransparent(parts: SignedParts, ledger: EmulatedLedger, at: number): Uint8Array {
  return messageOf(parts, [ledger.register(messageOf(parts, []), at)]);
}

/** The message of `parts`; without receipts it is what a ledger registers. */
export function messageOf(
  { protectedHeader, payload, signature }: SignedParts,
  receipts: readonly Uint8Array[],
): Uint8Array {
  const unprotected = new Map(receipts.length === 0 ? [] : [[RECEIPT.receipts, [...receipts]]]);
  return encode(new Tagged(RECEIPT.signTag, [protectedHeader, unprotected, payload, signature]));
}
