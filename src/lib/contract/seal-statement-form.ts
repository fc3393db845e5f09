// The form of a seal statement (docs/reference/receipt.md): what a data owner signs over one sealed blob. Read by the room,
// by owners and by whoever verifies a result.

import * as v from 'valibot';

import { decodeUtf8 } from '../base/bytes/arrays.js';
import { parseStrictJson } from '../base/bytes/strict-json.js';

export const SEAL_STATEMENT_TYPE = 'cleanroom-seal+jws';
/** Longest statement that is read. */
export const MAX_STATEMENT_BYTES = 16 * 1024;

const Sha256 = v.pipe(v.string(), v.regex(/^[0-9a-f]{64}$/));
const Digest = v.strictObject({
  sha256: Sha256,
  bytes: v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(Number.MAX_SAFE_INTEGER)),
});

const Statement = v.strictObject({
  v: v.literal(1),
  use: v.literal('cleanroom-seal'),
  contract: Sha256,
  dataset: v.string(),
  version: v.string(),
  /** Key URL with version. */
  key: v.string(),
  header: Digest,
  payload: Digest,
  /** Of that key version, as its owner read it back from the vault; absent in statements of earlier versions. */
  releasePolicy: v.optional(
    v.strictObject({
      /** `releasePolicyDigest` of the policy. */
      sha256: Sha256,
      immutable: v.boolean(),
    }),
  ),
  /** When it was signed, seconds since 1970. */
  iat: v.pipe(v.number(), v.integer(), v.minValue(0)),
});

/** What a data owner says of a blob. */
export type SealStatement = Omit<v.InferOutput<typeof Statement>, 'v' | 'use' | 'releasePolicy'> & {
  readonly releasePolicy?: { readonly sha256: string; readonly immutable: boolean };
};

/** Reads the payload of a statement; who signed it is not checked. @returns why it is none, as a clause, or what it says */
export function readSealStatement(payload: Uint8Array): SealStatement | string {
  let value: unknown;
  try {
    value = parseStrictJson(decodeUtf8(payload) ?? '', { maxDepth: 4 });
  } catch {
    return 'its payload is not JSON';
  }
  const outcome = v.safeParse(Statement, value);
  if (!outcome.success) return 'its payload does not have the form of version 1';
  const { contract, dataset, version, key, header, payload: sealed, releasePolicy, iat } = outcome.output;
  const common = { contract, dataset, version, key, header, payload: sealed, iat };
  return releasePolicy === undefined ? common : { ...common, releasePolicy };
}
