// Evidence bundle, version 1: everything that an auditor needs, in one canonical JSON text. Nothing in it is secret.

import * as v from 'valibot';

import { decodeUtf8, utf8 } from '../base/bytes/arrays.js';
import { fromBase64, toBase64 } from '../base/bytes/base64.js';
import { canonicalJson, type Json } from '../base/bytes/canonical-json.js';
import { hasCompactForm } from '../base/bytes/compact-jws.js';
import { parseStrictJson, StrictJsonError } from '../base/bytes/strict-json.js';
import { isInstant } from '../base/bytes/instant.js';
import { CleanroomError } from '../base/errors.js';

export const BUNDLE_TYPE = 'cleanroom-evidence';
export const BUNDLE_SUFFIX = '.evidence.json';
export const MAX_BUNDLE_BYTES = 16 * 1024 * 1024;

const MAX_ITEMS = 10_000;
/* A contract has some hundred; each costs a sort and a check. */
const MAX_MEMBERS = 50_000;

/** What is said of a member that is no base64; the JSON Schema knows such members by it. */
export const BASE64_RULE = 'base64 with padding, in its one spelling';

/** The same of compact JWS. */
export const JWS_RULE = 'a compact JWS';

/* Not valibot's own pattern: megabytes overflow the engine's stack in it. */
const Base64 = v.pipe(
  v.string(),
  v.check((text) => fromBase64(text) !== null, BASE64_RULE),
);
const Text = v.pipe(v.string(), v.minLength(1));
const Jws = v.pipe(
  v.string(),
  v.check((text) => hasCompactForm(text) && !text.endsWith('.'), JWS_RULE),
);

const ReleasePolicyPiece = v.strictObject({
  /** Key URL with version. */
  key: Text,
  /** The policy's JSON text; its digest (RFC 8785) stands in the owner's seal statement. */
  policy: Text,
  /** What the HSM attests of the key, as it gives it. */
  keyAttestation: v.optional(v.record(v.string(), v.unknown())),
});

/** The form of the file; templates/evidence-bundle.schema.json is generated from it. */
export const EvidenceBundleSchema = v.strictObject({
  type: v.literal(BUNDLE_TYPE),
  version: v.literal(1),
  /** When it was put together, by the collector's clock: information, and no proof. */
  collected: v.pipe(v.string(), v.isoTimestamp(), v.check(isInstant, 'a time that exists')),
  /** The room's SEV-SNP report, 1184 bytes. */
  report: Base64,
  /** VCEK, ASK, ARK, PEM. */
  certificates: Text,
  /** The UVM endorsement, COSE_Sign1. */
  uvm: v.optional(Base64),
  /** The CCE policy, its exact text: the SHA-256 of its UTF-8 is HOST_DATA. */
  policy: Text,
  /** The room's runtime data, its exact text: the SHA-256 of its UTF-8 stands in REPORT_DATA. */
  runtimeData: Text,
  /** An attestation token over the same runtime data, JWS compact form. */
  token: v.optional(Jws),
  /** The key set of the service that issued it, as fetched: its keys count as far as their own evidence reaches. */
  jwks: v.optional(v.record(v.string(), v.unknown())),
  /** The contract, as a value; its digest is the SHA-256 of its RFC 8785 text. */
  contract: v.optional(v.record(v.string(), v.unknown())),
  /** The parties' signatures over the contract, JWS compact form. */
  consents: v.optional(v.pipe(v.array(Jws), v.maxLength(MAX_ITEMS))),
  /** Receipts, JWS compact form. */
  receipts: v.optional(v.pipe(v.array(Jws), v.maxLength(MAX_ITEMS))),
  /** The owners' seal statements over the sealed inputs of the receipts, JWS compact form. */
  seals: v.optional(v.pipe(v.array(Jws), v.maxLength(MAX_ITEMS))),
  /** Release policies of the keys that the seal statements name, as their owners read them back. */
  releasePolicies: v.optional(v.pipe(v.array(ReleasePolicyPiece), v.maxLength(MAX_ITEMS))),
  /** Budget entries and closings of the receipts' places, the exact texts as the room read them back. */
  budget: v.optional(v.pipe(v.array(v.pipe(Text, v.maxLength(4096))), v.maxLength(MAX_ITEMS))),
  /** Revocation lists, DER. */
  crls: v.optional(v.pipe(v.array(Base64), v.maxLength(16))),
  /** Proofs of a transparency log (docs/reference/log.md), base64. */
  logProofs: v.optional(v.pipe(v.array(Base64), v.maxLength(MAX_ITEMS))),
  /** Transparent statements of what the attestation service and the HSMs run, COSE_Sign1 with the receipts of a ledger. */
  statements: v.optional(v.pipe(v.array(Base64), v.maxLength(16))),
});

/** The release policy of a key, as a bundle brings it. */
export interface BroughtReleasePolicy {
  readonly key: string;
  readonly policy: string;
  readonly keyAttestation?: Readonly<Record<string, unknown>>;
}

/** What a collector puts into a bundle. */
export interface EvidenceBundle {
  readonly collected: Date;
  readonly report: Uint8Array;
  readonly certificates: string;
  readonly uvm?: Uint8Array;
  readonly policy: string;
  readonly runtimeData: string;
  readonly token?: string;
  readonly jwks?: Readonly<Record<string, unknown>>;
  readonly contract?: Readonly<Record<string, unknown>>;
  readonly consents?: readonly string[];
  readonly receipts?: readonly string[];
  readonly seals?: readonly string[];
  readonly releasePolicies?: readonly BroughtReleasePolicy[];
  readonly budget?: readonly string[];
  readonly crls?: readonly Uint8Array[];
  readonly logProofs?: readonly Uint8Array[];
  readonly statements?: readonly Uint8Array[];
}

/** A bundle that was read, with the bytes it was read from. */
export interface ParsedBundle extends EvidenceBundle {
  readonly raw: Uint8Array;
}

/** The one text of a bundle: RFC 8785, no trailing newline. */
export function renderBundle(bundle: EvidenceBundle): string {
  const { uvm, token, contract, consents, receipts, seals, crls, logProofs } = bundle;
  const { releasePolicies, budget, jwks, statements } = bundle;
  const file: v.InferOutput<typeof EvidenceBundleSchema> = {
    type: BUNDLE_TYPE,
    version: 1,
    collected: bundle.collected.toISOString(),
    report: toBase64(bundle.report),
    certificates: bundle.certificates,
    policy: bundle.policy,
    runtimeData: bundle.runtimeData,
    ...(uvm === undefined ? {} : { uvm: toBase64(uvm) }),
    ...(token === undefined ? {} : { token }),
    ...(jwks === undefined ? {} : { jwks }),
    ...(contract === undefined ? {} : { contract }),
    ...(consents === undefined ? {} : { consents: [...consents] }),
    ...(receipts === undefined ? {} : { receipts: [...receipts] }),
    ...(seals === undefined ? {} : { seals: [...seals] }),
    ...(releasePolicies === undefined ? {} : { releasePolicies: [...releasePolicies] }),
    ...(budget === undefined ? {} : { budget: [...budget] }),
    ...(crls === undefined ? {} : { crls: crls.map(toBase64) }),
    ...(logProofs === undefined ? {} : { logProofs: logProofs.map(toBase64) }),
    ...(statements === undefined ? {} : { statements: statements.map(toBase64) }),
  };
  return canonicalJson(file as Json);
}

/** Whether a JSON value says of itself that it is an evidence bundle. */
export function claimsToBeBundle(value: unknown): boolean {
  return typeof value === 'object' && value !== null && 'type' in value && value.type === BUNDLE_TYPE;
}

/**
 * Reads a bundle strictly: at most 16 MiB, the canonical text and no byte more, version 1. Nothing is verified.
 *
 * @throws CleanroomError EVIDENCE_MALFORMED naming what is wrong.
 */
export function parseBundle(bytes: Uint8Array): ParsedBundle {
  if (bytes.length > MAX_BUNDLE_BYTES) throw malformed(`larger than ${MAX_BUNDLE_BYTES} bytes`);
  const text = decodeUtf8(bytes);
  if (text === null) throw malformed('not UTF-8');
  const value = readJson(text);
  const outcome = v.safeParse(EvidenceBundleSchema, value);
  if (!outcome.success) {
    const issue = outcome.issues[0];
    throw malformed(`${v.getDotPath(issue) ?? 'the whole'}: ${issue.message}`);
  }
  requireCanonical(text, value);
  const file = outcome.output;
  const { uvm, token, contract, consents, receipts, seals, crls, logProofs } = file;
  const { releasePolicies, budget, jwks, statements } = file;
  return {
    raw: bytes,
    collected: new Date(file.collected),
    report: decoded(file.report),
    certificates: file.certificates,
    policy: file.policy,
    runtimeData: file.runtimeData,
    ...(uvm === undefined ? {} : { uvm: decoded(uvm) }),
    ...(token === undefined ? {} : { token }),
    ...(jwks === undefined ? {} : { jwks }),
    ...(contract === undefined ? {} : { contract }),
    ...(consents === undefined ? {} : { consents }),
    ...(receipts === undefined ? {} : { receipts }),
    ...(seals === undefined ? {} : { seals }),
    ...(releasePolicies === undefined ? {} : { releasePolicies: releasePolicies.map(withoutAbsent) }),
    ...(budget === undefined ? {} : { budget }),
    ...(crls === undefined ? {} : { crls: crls.map(decoded) }),
    ...(logProofs === undefined ? {} : { logProofs: logProofs.map(decoded) }),
    ...(statements === undefined ? {} : { statements: statements.map(decoded) }),
  };
}

function withoutAbsent({
  key,
  policy,
  keyAttestation,
}: v.InferOutput<typeof ReleasePolicyPiece>): BroughtReleasePolicy {
  return keyAttestation === undefined ? { key, policy } : { key, policy, keyAttestation };
}

function readJson(text: string): Json {
  try {
    return parseStrictJson(text, { maxMembers: MAX_MEMBERS });
  } catch (cause) {
    if (!(cause instanceof StrictJsonError)) throw cause;
    throw malformed(cause.message);
  }
}

/* One text a bundle: so a digest of the file names the evidence, and nothing can be added beside it. */
function requireCanonical(text: string, value: Json): void {
  let canonical: string;
  try {
    canonical = canonicalJson(value);
  } catch {
    throw malformed('a string or number that has no canonical form');
  }
  if (canonical !== text) throw malformed('not in canonical form (RFC 8785): white space, order or spelling');
}

function decoded(text: string): Uint8Array {
  const bytes = fromBase64(text);
  if (bytes === null) throw malformed(BASE64_RULE);
  return bytes;
}

function malformed(reason: string): CleanroomError {
  return new CleanroomError('EVIDENCE_MALFORMED', `the evidence bundle cannot be read: ${reason}`);
}

/** The parts of the bundle as the engine takes them. */
export function bundleParts(bundle: EvidenceBundle): {
  readonly report: Uint8Array;
  readonly endorsements: Uint8Array;
  readonly uvm?: Uint8Array;
  readonly policy: Uint8Array;
  readonly runtimeData: Uint8Array;
  readonly crls?: readonly Uint8Array[];
} {
  return {
    report: bundle.report,
    endorsements: utf8(bundle.certificates),
    policy: utf8(bundle.policy),
    runtimeData: utf8(bundle.runtimeData),
    ...(bundle.uvm === undefined ? {} : { uvm: bundle.uvm }),
    ...(bundle.crls === undefined ? {} : { crls: bundle.crls }),
  };
}
