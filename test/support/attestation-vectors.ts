// The shared attestation vectors: real hardware bytes and attacks derived from them (test/vectors/attestation/README.md).

import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import { type Anchors, parseAnchors, PINNED_ANCHORS } from '../../src/lib/attestation/anchors.js';
import {
  defaultExpectations,
  type Expectations,
  parseAppraisal,
} from '../../src/lib/attestation/expectations.js';
import type { EvidenceParts } from '../../src/lib/attestation/parse-evidence.js';

export const VECTORS = 'test/vectors/attestation';

export interface EvidenceVector {
  readonly name: string;
  readonly inputs: Readonly<
    Partial<Record<'report' | 'endorsements' | 'uvm' | 'policy' | 'runtime_data', string>>
  >;
  readonly trust_anchors?: string;
  readonly options: Readonly<Record<string, unknown>>;
  readonly expected_fields?: Readonly<Record<string, unknown>>;
  readonly expected_uvm?: Readonly<Record<string, unknown>>;
  readonly expected_vcek?: Readonly<Record<string, unknown>>;
  readonly expected_verdict: 'accept' | 'reject';
  readonly expected_reasons: readonly string[];
}

export interface TokenVector {
  readonly name: string;
  readonly inputs: { readonly token: string; readonly jwks: string };
  readonly options: Readonly<Record<string, unknown>>;
  readonly expected_verdict: 'accept' | 'reject';
  readonly expected_reasons: readonly string[];
}

interface VectorFile {
  readonly reason_codes: Readonly<Record<string, string>>;
  readonly vectors: readonly EvidenceVector[];
  readonly maa_vectors: readonly TokenVector[];
}

const FILE = JSON.parse(readFileSync(join(VECTORS, 'vectors.json'), 'utf8')) as VectorFile;

export const REASON_CODES = FILE.reason_codes;
export const EVIDENCE_VECTORS = FILE.vectors;
export const TOKEN_VECTORS = FILE.maa_vectors;

/** The evidence vector of that name. */
export function evidenceVector(name: string): EvidenceVector {
  const found = EVIDENCE_VECTORS.find((vector) => vector.name === name);
  if (found === undefined) throw new Error(`no vector ${name}`);
  return found;
}

/** Bytes of a file of the vectors. */
export function vectorFile(path: string): Uint8Array {
  return new Uint8Array(readFileSync(join(VECTORS, path)));
}

/** The parts that a vector has. */
export function vectorParts({ inputs }: EvidenceVector): EvidenceParts {
  return {
    ...(inputs.report === undefined ? {} : { report: vectorFile(inputs.report) }),
    ...(inputs.endorsements === undefined ? {} : { endorsements: vectorFile(inputs.endorsements) }),
    ...(inputs.uvm === undefined ? {} : { uvm: vectorFile(inputs.uvm) }),
    ...(inputs.policy === undefined ? {} : { policy: vectorFile(inputs.policy) }),
    ...(inputs.runtime_data === undefined ? {} : { runtimeData: vectorFile(inputs.runtime_data) }),
  };
}

/** AMD's own roots, or the throw-away ones of the synthetic vectors. */
export function vectorAnchors({ trust_anchors: path }: EvidenceVector): Anchors {
  return path?.startsWith('synthetic/') === true
    ? parseAnchors(readFileSync(join(VECTORS, path), 'utf8'))
    : PINNED_ANCHORS;
}

/** A vector's options as expectations. */
export function vectorExpectations({
  options,
}: {
  readonly options: Readonly<Record<string, unknown>>;
}): Expectations {
  return parseAppraisal(JSON.stringify(options), defaultExpectations(new Date(0)));
}
