// Trust anchors: which AMD roots, which UVM signer and which attestation services are believed. A value, passed in.

import * as v from 'valibot';

import { sha256Hex, type Sha256Hex } from '../base/bytes/digest.js';
import { parseStrictJson, StrictJsonError } from '../base/bytes/strict-json.js';
import { CleanroomError } from '../base/errors.js';
import { LedgerJwk } from '../contract/published/reference-table.js';
import { MARVELL_ROOTS } from './hsm/maker-roots.js';
import { MICROSOFT_RELEASES, type ReleaseAnchors } from './releases/release-anchors.js';
import { type Product, PRODUCTS } from './snp/product.js';
import { type Certificate, parseCertificateOfVersion1Too } from './x509/certificate.js';
import { parsePem } from './x509/pem.js';

export interface Anchors {
  /** `pinned`: AMD's and Microsoft's, compiled in; only these give `trust: hardware`. `file`: read by parseAnchors. */
  readonly source: 'pinned' | 'file';
  /** SHA-256 of the file's text; a contract's `trust.emulated.anchors` names it. Absent for pinned anchors. */
  readonly digest?: Sha256Hex;
  /** SHA-256 of the ARK's SubjectPublicKeyInfo (lower-case hex), by product. */
  readonly amdRoots: ReadonlyMap<Product, string>;
  /** Who signs UVM endorsements. The DID holds the fingerprint of the root certificate. */
  readonly uvm: UvmAnchor;
  /** Attestation services whose keys are known; pinned anchors have none, the caller gives a key set. */
  readonly attestationServices: readonly AttestationServiceAnchor[];
  /** Who is believed about keys in HSMs. */
  readonly hsm: HsmAnchors;
  /** Who is believed about the code of attestation services and HSMs. */
  readonly releases: ReleaseAnchors;
}

export interface HsmAnchors {
  /** Roots of makers of HSMs. */
  readonly makers: readonly Certificate[];
  /** Roots of those who operate them. Microsoft publishes none: pinned anchors have none. */
  readonly operators: readonly Certificate[];
}

export interface UvmAnchor {
  readonly did: string;
  readonly feed: string;
}

export interface AttestationServiceAnchor {
  readonly issuer: string;
  /** JSON Web Key Set (RFC 7517), as the issuer publishes it. */
  readonly jwks: unknown;
  /** HOST_DATA of the group that the service itself runs in, lower-case hex. */
  readonly hostData?: readonly string[];
}

/**
 * Microsoft's signer of confidential ACI utility VMs.
 *
 * The fingerprint is that of "Microsoft Supply Chain RSA Root CA 2022".
 * @see https://learn.microsoft.com/azure/container-instances (confidential containers, UVM reference info)
 */
export const MICROSOFT_ACI_UVM: UvmAnchor = {
  did: 'did:x509:0:sha256:I__iuL25oXEVFdTP_aBLx_eT1RPHbCQ_ECBQfYZpt9s::eku:1.3.6.1.4.1.311.76.59.1.2',
  feed: 'ContainerPlat-AMD-UVM',
};

/**
 * AMD's root keys and Microsoft's UVM signer. The hashes are of the SubjectPublicKeyInfo of ARK-Milan, ARK-Genoa and
 * ARK-Turin as AMD's key distribution service publishes them (https://kdsintf.amd.com/vcek/v1/PRODUCT/cert_chain);
 * a test recomputes them from the certificates.
 */
export const PINNED_ANCHORS: Anchors = {
  source: 'pinned',
  amdRoots: new Map([
    ['Milan', '9f056bee44377e29308cb5ffa895bdfb62d18881fa6bed8d6f075b0204089cb9'],
    ['Genoa', '429a69c9422aa258ee4d8db5fcda9c6470ef15f8cd5a9cebd6cbc7d90b863831'],
    ['Turin', '4f125410563a2ab9a50356f9243f6fe0b6f73de98603f53f90339c70e9d7ad08'],
  ]),
  uvm: MICROSOFT_ACI_UVM,
  attestationServices: [],
  hsm: { makers: MARVELL_ROOTS.flatMap(readRoots), operators: [] },
  releases: MICROSOFT_RELEASES,
};

const SHA256 = v.pipe(v.string(), v.regex(/^[0-9a-f]{64}$/, '64 lower-case hex digits'));

/* One AMD certificate; other members (file, note, role ASK) describe it and are not trusted. */
const AmdRoot = v.object({
  product: v.picklist(PRODUCTS),
  role: v.string(),
  spki_sha256: SHA256,
});

const AnchorsFile = v.strictObject({
  version: v.literal(1),
  amd: v.array(AmdRoot),
  uvm: v.strictObject({ did: v.string(), feed: v.string() }),
  maa: v.array(
    v.strictObject({
      issuer: v.string(),
      jwks: v.looseObject({ keys: v.array(v.looseObject({})) }),
      /** HOST_DATA of the group that the service itself runs in. */
      host_data: v.optional(v.array(SHA256)),
    }),
  ),
  /** Roots of makers and operators of HSMs, PEM. */
  hsm: v.optional(v.strictObject({ makers: v.array(v.string()), operators: v.array(v.string()) })),
  /** Who states releases of these services, and the keys of the ledgers that hold them. */
  releases: v.optional(
    v.strictObject({
      signers: v.array(
        v.strictObject({ service: v.picklist(['attestation', 'hsm']), subject: v.string(), did: v.string() }),
      ),
      ledgers: v.array(v.strictObject({ issuer: v.string(), kid: v.string(), jwk: LedgerJwk })),
    }),
  ),
});

/**
 * Reads an anchors file: `{version: 1, amd: [{product, role: "ARK", spki_sha256, …}], uvm: {did, feed},
 * maa: [{issuer, jwks, host_data?}], hsm?: {makers: [PEM], operators: [PEM]}, releases?: {signers: [{service, subject, did}],
 * ledgers: [{issuer, kid, jwk}]}}`, or the bare list of AMD roots (then Microsoft's signers and no attestation service).
 *
 * @throws CleanroomError ANCHORS_INVALID; also for no root, or two of one product.
 */
export function parseAnchors(text: string): Anchors {
  const value = readJson(text);
  const outcome = v.safeParse(v.union([AnchorsFile, v.array(AmdRoot)]), value);
  if (!outcome.success) throw new CleanroomError('ANCHORS_INVALID', outcome.issues[0].message);
  const file = Array.isArray(outcome.output)
    ? { amd: outcome.output, uvm: MICROSOFT_ACI_UVM, maa: [], hsm: undefined, releases: MICROSOFT_RELEASES }
    : outcome.output;
  return {
    source: 'file',
    digest: sha256Hex(text),
    amdRoots: rootsOf(file.amd),
    uvm: file.uvm,
    attestationServices: file.maa.map(({ issuer, jwks, host_data: hostData }) => ({
      issuer,
      jwks,
      ...(hostData === undefined ? {} : { hostData }),
    })),
    hsm: {
      makers: file.hsm?.makers.flatMap(rootsOfFile) ?? [],
      operators: file.hsm?.operators.flatMap(rootsOfFile) ?? [],
    },
    releases: {
      signers: file.releases?.signers ?? [],
      ledgers:
        file.releases?.ledgers === null
          ? null
          : (file.releases?.ledgers ?? []).map((key) => ({ ...key, status: 'latest' as const })),
    },
  };
}

function readJson(text: string): unknown {
  try {
    return parseStrictJson(text);
  } catch (cause) {
    if (!(cause instanceof StrictJsonError)) throw cause;
    throw new CleanroomError('ANCHORS_INVALID', cause.message, { cause });
  }
}

function readRoots(pem: string): readonly Certificate[] {
  return parsePem(pem, 'CERTIFICATE').map(parseCertificateOfVersion1Too);
}

function rootsOfFile(pem: string): readonly Certificate[] {
  try {
    return readRoots(pem);
  } catch (cause) {
    if (!(cause instanceof CleanroomError)) throw cause;
    throw new CleanroomError('ANCHORS_INVALID', `hsm: ${cause.message}`, { cause });
  }
}

function rootsOf(entries: readonly v.InferOutput<typeof AmdRoot>[]): ReadonlyMap<Product, string> {
  const roots = new Map<Product, string>();
  for (const { product, role, spki_sha256: digest } of entries) {
    if (role !== 'ARK') continue;
    if (roots.has(product)) throw new CleanroomError('ANCHORS_INVALID', `two roots of ${product}`);
    roots.set(product, digest);
  }
  if (roots.size === 0) throw new CleanroomError('ANCHORS_INVALID', 'no ARK');
  return roots;
}
