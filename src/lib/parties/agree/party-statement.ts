// Statements of a party inside an offer or a reply: JWS under its contract key, bound to one contract.

import * as v from 'valibot';

import { decodeUtf8, utf8 } from '../../base/bytes/arrays.js';
import { canonicalJson } from '../../base/bytes/canonical-json.js';
import { parseCompactJws } from '../../base/bytes/compact-jws.js';
import { signEs256By, verifyEs256 } from '../../keys/es256.js';
import { parseStrictJson, StrictJsonError } from '../../base/bytes/strict-json.js';
import { CleanroomError } from '../../base/errors.js';
import { type ContractSigner, publicKeyObject, signingKeyOf } from '../../keys/contract-signer.js';
import { isOnP256 } from '../../contract/curve.js';
import { type PublicKeyJwk, PublicKeySchema } from '../../contract/schema.js';

const common = {
  v: v.literal(1),
  /** SHA-256 of the contract's canonical form. */
  contract: v.string(),
  party: v.string(),
};

const TransferSchema = v.strictObject({ ...common, key: PublicKeySchema });
const AccessSchema = v.strictObject({
  ...common,
  /** Seconds since 1970: when the last access ends. */
  exp: v.pipe(v.number(), v.integer()),
  access: v.array(v.strictObject({ variable: v.string(), query: v.string() })),
});

const SCHEMAS = { transfer: TransferSchema, access: AccessSchema } as const;
const TYPES = { transfer: 'cleanroom-transfer+jws', access: 'cleanroom-access+jws' } as const;

/** The host's key that replies are sealed to. */
export type TransferStatement = v.InferOutput<typeof TransferSchema>;
/** An owner's access to its storage, for the room. Secret. */
export type AccessStatement = v.InferOutput<typeof AccessSchema>;

export function signTransfer(statement: TransferStatement, key: ContractSigner): Promise<string> {
  return signEs256By({ typ: TYPES.transfer }, utf8(canonicalJson(statement)), signingKeyOf(key));
}

export function signAccess(statement: AccessStatement, key: ContractSigner): Promise<string> {
  return signEs256By({ typ: TYPES.access }, utf8(canonicalJson(statement)), signingKeyOf(key));
}

/** Who must have signed, and for which contract. */
export interface ExpectedSigner {
  readonly party: string;
  readonly key: PublicKeyJwk;
  readonly contract: string;
}

/** @throws CleanroomError CLEANROOM_FILE_INVALID unless the host signed it for this contract */
export function verifyTransfer(jws: string, expected: ExpectedSigner): TransferStatement {
  const statement = v.parse(TransferSchema, verified(jws, 'transfer', expected));
  if (!isOnP256(statement.key.x, statement.key.y)) throw rejected('transfer', expected.party);
  return statement;
}

/** @throws CleanroomError CLEANROOM_FILE_INVALID unless the party signed it for this contract */
export function verifyAccess(jws: string, expected: ExpectedSigner): AccessStatement {
  return v.parse(AccessSchema, verified(jws, 'access', expected));
}

function verified(
  text: string,
  kind: keyof typeof SCHEMAS,
  { party, key, contract }: ExpectedSigner,
): TransferStatement | AccessStatement {
  const jws = parseCompactJws(text);
  if (jws?.header['typ'] !== TYPES[kind] || !verifyEs256(jws, publicKeyObject(key)))
    throw rejected(kind, party);
  const outcome = v.safeParse(SCHEMAS[kind], readJson(jws.payload));
  if (!outcome.success || outcome.output.contract !== contract || outcome.output.party !== party)
    throw rejected(kind, party);
  return outcome.output;
}

function readJson(payload: Uint8Array): unknown {
  try {
    return parseStrictJson(decodeUtf8(payload) ?? '');
  } catch (cause) {
    if (cause instanceof StrictJsonError) return null;
    throw cause;
  }
}

function rejected(kind: keyof typeof SCHEMAS, party: string): CleanroomError {
  const what = kind === 'transfer' ? 'the key for replies' : 'the access to storage';
  return new CleanroomError(
    'CLEANROOM_FILE_INVALID',
    `${what} in the file is not signed by ${party} for this contract`,
    { hint: `The file was changed after ${party} wrote it. Ask ${party} for it again.` },
  );
}
