// One key's attestation, checked: who signed it, who vouches for that HSM, which key it is about, and where that was made.

import { equalBytes } from '../../base/bytes/arrays.js';
import { toHex } from '../../base/bytes/hex.js';
import { CleanroomError } from '../../base/errors.js';
import type { CheckStatus } from '../../base/verdict/check.js';
import type { HsmAnchors } from '../anchors.js';
import type { CheckId } from '../check-ids.js';
import type { SignatureCrypto } from '../crypto/signature-crypto.js';
import type { Certificate } from '../x509/certificate.js';
import { commonName } from '../x509/names.js';
import {
  attestedThumbprint,
  flag,
  keyIdentifier,
  namesKey,
  type RawAttribute,
  rawAttributes,
  smallAttribute,
} from './attested-key.js';
import { ATTRIBUTE, OBJECT_CLASS } from './attributes.js';
import { type ChainOutcome, makerChain, operatorChain } from './chains.js';
import { type KeyAttestation, parseKeyAttestation } from './key-attestation.js';
import type { SignedAttributes } from './signed-attributes.js';

/** The checks of an attestation, without the one that sums them up. */
export const ATTESTATION_CHECKS = [
  'KEY_ATTESTATION',
  'KEY_ATTESTATION_MAKER',
  'KEY_ATTESTATION_OPERATOR',
  'KEY_ATTESTATION_KEY',
  'KEY_ATTESTATION_ORIGIN',
] as const satisfies readonly CheckId[];
export type AttestationCheckId = (typeof ATTESTATION_CHECKS)[number];

/** `skip`: it says nothing, one way or the other. */
export interface CheckOutcome {
  readonly status: CheckStatus;
  readonly text: string;
}

export interface AttestedKeyRequest {
  /** Key URL with version. */
  readonly key: string;
  /** RFC 7638 thumbprint of the public half that texts are sealed to; null where it is not known. */
  readonly thumbprint: string | null;
  /** `attributes.attestation` as the service gave it. */
  readonly attestation: unknown;
  /** The time at which the certificates are judged. */
  readonly at: Date;
}

export interface AttestedKeyFindings {
  readonly findings: Readonly<Record<AttestationCheckId, CheckOutcome>>;
  /** What the HSM signed of the private half; empty where it could not be read. */
  readonly attributes: readonly RawAttribute[];
}

/** Checks an attestation by the verifier's own anchors. What is not read is not judged: each check is made or skipped. */
export async function checkKeyAttestation(
  { key, thumbprint, attestation, at }: AttestedKeyRequest,
  anchors: HsmAnchors,
  crypto: SignatureCrypto,
): Promise<AttestedKeyFindings> {
  const parsed = read(attestation);
  if ('status' in parsed) return { findings: withoutForm(parsed), attributes: [] };
  const { certificates, privateHalf, publicHalf } = parsed;
  const partition = await signersOf(parsed, crypto);
  if (partition.length === 0)
    return {
      findings: withoutForm({
        status: 'fail',
        text: 'no certificate that came along is over the key that signed it',
      }),
      attributes: rawAttributes(privateHalf),
    };
  const maker = await makerChain(partition, certificates, anchors.makers, at, crypto);
  const operator = await operatorChain(partition, certificates, at, crypto);
  const root = operator.chain?.at(-1);
  return {
    findings: {
      KEY_ATTESTATION: { status: 'pass', text: describe(partition[0]) },
      KEY_ATTESTATION_MAKER: makerOutcome(maker, anchors.makers),
      KEY_ATTESTATION_OPERATOR:
        root === undefined
          ? { status: 'fail', text: operator.problem ?? '' }
          : operatorOutcome(root, anchors.operators),
      KEY_ATTESTATION_KEY: keyOutcome(privateHalf, publicHalf, key, thumbprint),
      KEY_ATTESTATION_ORIGIN: originOutcome(privateHalf),
    },
    attributes: rawAttributes(privateHalf),
  };
}

function read(attestation: unknown): KeyAttestation | CheckOutcome {
  try {
    const parsed = parseKeyAttestation(attestation);
    return typeof parsed === 'string' ? { status: 'skip', text: parsed } : parsed;
  } catch (cause) {
    if (cause instanceof CleanroomError) return { status: 'fail', text: cause.message };
    throw cause;
  }
}

/* Where nobody is known to have signed it, it says nothing of chains, key and origin. */
function withoutForm(form: CheckOutcome): AttestedKeyFindings['findings'] {
  const open: CheckOutcome = { status: 'skip', text: form.text };
  return {
    KEY_ATTESTATION: form,
    KEY_ATTESTATION_MAKER: open,
    KEY_ATTESTATION_OPERATOR: open,
    KEY_ATTESTATION_KEY: open,
    KEY_ATTESTATION_ORIGIN: open,
  };
}

/* The certificates over the one key that signed both halves: RSA of 2048 bits, as long as its signature. */
async function signersOf(
  { certificates, privateHalf, publicHalf }: KeyAttestation,
  crypto: SignatureCrypto,
): Promise<readonly Certificate[]> {
  const halves = publicHalf === null ? [privateHalf] : [privateHalf, publicHalf];
  const signers: Certificate[] = [];
  for (const certificate of certificates) {
    const { publicKey } = certificate;
    const known = signers.some((other) => equalBytes(other.publicKey.spki, publicKey.spki));
    if (known || (await haveSigned(publicKey.spki, halves, crypto))) signers.push(certificate);
  }
  return signers;
}

async function haveSigned(
  spki: Uint8Array,
  halves: readonly SignedAttributes[],
  crypto: SignatureCrypto,
): Promise<boolean> {
  for (const { signed, signature } of halves)
    if (!(await crypto.verify({ kind: 'rsa-pkcs1', hash: 'sha256' }, spki, signed, signature))) return false;
  return true;
}

function makerOutcome(maker: ChainOutcome, makers: readonly Certificate[]): CheckOutcome {
  if (maker.problem === null) return { status: 'pass', text: describe(maker.chain.at(-1)) };
  return makers.length === 0
    ? { status: 'skip', text: 'no maker of HSMs is among the anchors' }
    : { status: 'fail', text: maker.problem };
}

function operatorOutcome(root: Certificate, operators: readonly Certificate[]): CheckOutcome {
  const pinned = operators.some(({ publicKey }) => equalBytes(publicKey.spki, root.publicKey.spki));
  if (pinned) return { status: 'pass', text: describe(root) };
  return operators.length === 0
    ? {
        status: 'skip',
        text: `${describe(root)}; Microsoft publishes no root of its own, so whose it is, is its word`,
      }
    : { status: 'fail', text: `${describe(root)} is no operator that is known here` };
}

function keyOutcome(
  privateHalf: SignedAttributes,
  publicHalf: SignedAttributes | null,
  key: string,
  thumbprint: string | null,
): CheckOutcome {
  const wrong = (text: string): CheckOutcome => ({ status: 'fail', text });
  if (smallAttribute(privateHalf, ATTRIBUTE.class) !== OBJECT_CLASS.privateKey)
    return wrong('what is attested is no private key');
  const identifier = keyIdentifier(privateHalf);
  if (identifier === null || !namesKey(identifier, key))
    return wrong(`it is about ${identifier ?? 'a key without a name'}, not about ${key}`);
  const attested =
    attestedThumbprint(privateHalf) ?? (publicHalf === null ? null : attestedThumbprint(publicHalf));
  if (publicHalf !== null && !isOtherHalf(publicHalf, identifier, attested))
    return wrong('its two parts are about two keys');
  if (attested === null) return { status: 'skip', text: 'it does not tell the public half of the key' };
  if (thumbprint === null)
    return { status: 'skip', text: 'the fingerprint of the key that was used is not known' };
  return attested === thumbprint
    ? { status: 'pass', text: `${identifier}, fingerprint ${attested}` }
    : wrong(`it is about a key with the fingerprint ${attested}, not ${thumbprint}`);
}

function isOtherHalf(half: SignedAttributes, identifier: string, attested: string | null): boolean {
  return (
    smallAttribute(half, ATTRIBUTE.class) === OBJECT_CLASS.publicKey &&
    keyIdentifier(half) === identifier &&
    (attestedThumbprint(half) ?? attested) === attested
  );
}

/* What an HSM of Azure's says of a key that it may release is published nowhere: an odd value proves nothing, and refutes nothing. */
function originOutcome(half: SignedAttributes): CheckOutcome {
  const shown = [ATTRIBUTE.local, ATTRIBUTE.sensitive, ATTRIBUTE.extractable, ATTRIBUTE.neverExtractable]
    .map((type) => ({ type, value: half.attributes.get(type) }))
    .map(
      ({ type, value }) => `${NAMES_SHOWN.get(type) ?? ''} ${value === undefined ? 'absent' : toHex(value)}`,
    )
    .join(', ');
  if (flag(half, ATTRIBUTE.local) !== true)
    return {
      status: 'skip',
      text: `warning: it was imported into the HSM: the importer may have a copy (${shown})`,
    };
  if (flag(half, ATTRIBUTE.sensitive) !== true)
    return { status: 'skip', text: `warning: the HSM may give its private half out in the clear (${shown})` };
  return { status: 'pass', text: shown };
}

const NAMES_SHOWN: ReadonlyMap<number, string> = new Map([
  [ATTRIBUTE.local, 'LOCAL'],
  [ATTRIBUTE.sensitive, 'SENSITIVE'],
  [ATTRIBUTE.extractable, 'EXTRACTABLE'],
  [ATTRIBUTE.neverExtractable, 'NEVER_EXTRACTABLE'],
]);

function describe(certificate: Certificate | undefined): string {
  const name = certificate === undefined ? undefined : commonName(certificate.subject);
  return name ?? 'a certificate without a name';
}
