// Seal statement: the owner's word for one sealed blob, a compact JWS beside it (docs/design.md#artefacts). Sealing needs only a
// public key, so without this the host could seal its own text and pass it off as the owner's.

import { createPublicKey, type JsonWebKey } from 'node:crypto';

import { parseCompactJws } from '../../base/bytes/compact-jws.js';
import { verifyEs256 } from '../../keys/es256.js';
import type { PublicKeyJwk } from '../../contract/schema.js';
import {
  MAX_STATEMENT_BYTES,
  readSealStatement,
  SEAL_STATEMENT_TYPE,
  type SealStatement,
} from '../../contract/seal-statement-form.js';
import { CleanroomError } from '../../base/errors.js';
import { type Check, CheckList } from '../../base/verdict/check.js';
import type { ProtectedHeader } from '../format/header.js';
import type { ContentDigest } from '../engine/payload-digest.js';

export { MAX_STATEMENT_BYTES, SEAL_STATEMENT_TYPE, type SealStatement };

/** A statement whose signature by the owner's contract key has been checked. */
export interface VerifiedSealStatement extends SealStatement {
  readonly raw: string;
  readonly __verified: 'seal-statement';
}

/**
 * Verifies that `raw` is a seal statement signed by the owner's contract key.
 *
 * @throws CleanroomError SEAL_STATEMENT_REJECTED
 */
export function verifySealStatement(raw: string, ownerKey: PublicKeyJwk): VerifiedSealStatement {
  const jws = raw.length > MAX_STATEMENT_BYTES ? null : parseCompactJws(raw);
  if (jws?.header['typ'] !== SEAL_STATEMENT_TYPE) throw rejected('it is not a seal statement');
  const jwk: JsonWebKey = { ...ownerKey };
  if (!verifyEs256(jws, createPublicKey({ key: jwk, format: 'jwk' }))) {
    throw rejected("its signature is not that of the owner's contract key");
  }
  return { ...readStatement(jws.payload), raw, __verified: 'seal-statement' };
}

/** Most statements that stand beside a blob: its own, and those of replacements that are under way or were broken off. */
export const MAX_STATEMENTS = 4;

/**
 * Verifies what stands beside a blob: one statement, or some more, a line each, while the blob is being replaced.
 *
 * @throws CleanroomError SEAL_STATEMENT_REJECTED where any of them is not the owner's
 */
export function verifySealStatements(text: string, ownerKey: PublicKeyJwk): SealStatements {
  const [first = '', ...others] = text.trim().split('\n');
  if (others.length >= MAX_STATEMENTS) throw rejected(`there are more than ${MAX_STATEMENTS} of it`);
  return [
    verifySealStatement(first.trim(), ownerKey),
    ...others.map((line) => verifySealStatement(line.trim(), ownerKey)),
  ];
}

/** The statement that speaks of the blob with that header; the newest where none does, for its checks to fail. */
export function statementOfHeader(statements: SealStatements, header: ContentDigest): VerifiedSealStatement {
  const [first, ...others] = statements;
  const mine = statements.find((statement) => describe(statement.header) === describe(header));
  return mine ?? others.at(-1) ?? first;
}

/** Oldest first. */
export type SealStatements = readonly [VerifiedSealStatement, ...VerifiedSealStatement[]];

/** What a blob has to be for its statement to hold. */
export interface SealedFacts {
  readonly contract: string;
  readonly dataset: string;
  /** Vault host and key name of the contract; the version is the statement's. */
  readonly key: { readonly vault: string; readonly name: string };
  readonly protected: ProtectedHeader;
  readonly header: ContentDigest;
  /** Null while the payload has not been read: its check is then skipped, and must be made before anything is delivered. */
  readonly payload: ContentDigest | null;
}

/** Compares a statement with the blob and the contract; every check listed. */
export function appraiseSealStatement(
  statement: VerifiedSealStatement,
  facts: SealedFacts,
): readonly Check[] {
  const checks = new CheckList();
  const same = (id: string, expected: string, actual: string, reason: string): void =>
    checks.record(id, expected === actual, { expected, actual, ...(expected === actual ? {} : { reason }) });
  same('SEAL_CONTRACT', facts.contract, statement.contract, 'sealed for another contract');
  same('SEAL_DATASET', facts.dataset, statement.dataset, 'sealed as another dataset');
  const keyPrefix = `https://${facts.key.vault}/keys/${facts.key.name}/`;
  const bound =
    statement.key.startsWith(keyPrefix) && /^[0-9a-zA-Z]{1,64}$/.test(statement.key.slice(keyPrefix.length));
  checks.record('SEAL_KEY', bound, { expected: `${keyPrefix}…`, actual: statement.key });
  const protectedHeader = facts.protected;
  same(
    'SEAL_PROTECTED',
    [statement.contract, statement.dataset, statement.version].join(' '),
    [protectedHeader.contract, protectedHeader.dataset, protectedHeader.version].join(' '),
    'the protected header differs',
  );
  same(
    'SEAL_HEADER',
    describe(statement.header),
    describe(facts.header),
    'the header is not the one that was sealed',
  );
  if (facts.payload === null) checks.skip('SEAL_PAYLOAD', { reason: 'the payload has not been read' });
  else {
    const reason = 'the payload is not the one that was sealed';
    same('SEAL_PAYLOAD', describe(statement.payload), describe(facts.payload), reason);
  }
  return checks.list();
}

function describe({ sha256, bytes }: { readonly sha256: string; readonly bytes: number }): string {
  return `${sha256} ${bytes} bytes`;
}

function readStatement(payload: Uint8Array): SealStatement {
  const statement = readSealStatement(payload);
  if (typeof statement === 'string') throw rejected(statement);
  return statement;
}

function rejected(why: string): CleanroomError {
  return new CleanroomError('SEAL_STATEMENT_REJECTED', `the seal statement is refused: ${why}`);
}
