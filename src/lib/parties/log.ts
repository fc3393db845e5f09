// `log append`, `log verify`, `log prove`, and what other commands put into a log on their way.

import type { KeyObject } from 'node:crypto';
import { basename } from 'node:path';

import type { EvidenceBundle } from '../evidence/evidence-bundle.js';
import { type Artefact, describeArtefact } from '../evidence/log-artefact.js';
import { headHolds, type LogProof, proveEntry, renderProof } from '../evidence/log-proof.js';
import type { EntryKind } from '../evidence/entry-kinds.js';
import {
  logState,
  parseLog,
  parseTreeHead,
  type ReadTreeHead,
  type TransparencyLog,
} from '../evidence/transparency-log.js';
import { canonicalJson } from '../base/bytes/canonical-json.js';
import { sha256Hex } from '../base/bytes/digest.js';
import { utf8 } from '../base/bytes/arrays.js';
import { fromBase64 } from '../base/bytes/base64.js';
import { toHex } from '../base/bytes/hex.js';
import { verifyEs256 } from '../keys/es256.js';
import { checkContract, type ParsedContract } from '../contract/check.js';
import { type ContractSigner, publicKeyObject } from '../keys/contract-signer.js';
import { CleanroomError } from '../base/errors.js';
import { writeFileAtomic } from '../base/files/atomic-write.js';
import { readFileBounded, readTextBounded } from '../base/files/read-bounded.js';
import { type Check, CheckList } from '../base/verdict/check.js';
import { appendEntries, type Appended, findEntry, readKeptLog } from './keep-log.js';
import type { Desk } from '../ports/environment.js';
import { openLog } from './log-location.js';
import { isEntrySignedBy } from './sign-log-entry.js';
import type { LogStore } from './log-store.js';

const MAX_ARTEFACT_BYTES = 16 * 1024 * 1024;
const MAX_HEAD_BYTES = 16 * 1024;
const SPEC = 'RFC 9162 §2.1';
const STATEMENT_SPEC = 'draft-ietf-scitt-architecture, Signed Statements';

/** Appends artefacts in hand to the log at a place. @throws CleanroomError as openLog and appendEntries */
export async function logArtefacts(
  location: string,
  artefacts: readonly Artefact[],
  key: ContractSigner,
  desk: Desk,
): Promise<Appended> {
  return appendEntries(await openLog(location, desk), artefacts, key, new Date());
}

/** The contract and a party's signature over it, as entries. */
export async function consentArtefacts(
  { contract, digest }: ParsedContract,
  signaturePath: string,
  party: string,
): Promise<readonly Artefact[]> {
  const signature = await readTextBounded(signaturePath, MAX_HEAD_BYTES);
  return [
    { kind: 'contract', sha256: digest, subject: contract.name },
    { kind: 'consent', sha256: sha256Hex(signature.trim()), subject: `${contract.name} ${party}` },
  ];
}

/**
 * A room and the policy that it runs under, as entries; a room that is not confidential has no policy.
 *
 * @param policy - its hash
 */
export function deploymentArtefacts(
  room: string,
  contract: string,
  policy: string | null,
  policyText: string | null,
): readonly Artefact[] {
  const deployment = sha256Hex(canonicalJson({ room, contract, policy }));
  return [
    ...(policy === null || policyText === null
      ? []
      : [{ kind: 'policy' as const, sha256: policy, subject: room, policy: policyText }]),
    { kind: 'deployment', sha256: deployment, subject: room },
  ];
}

/** Appends files. @throws CleanroomError FILE_*, LOG_* */
export async function appendFiles(
  store: LogStore,
  files: readonly string[],
  kind: EntryKind | null,
  key: ContractSigner,
): Promise<Appended> {
  const artefacts: Artefact[] = [];
  for (const file of files)
    artefacts.push(describeArtefact(await readFileBounded(file, MAX_ARTEFACT_BYTES), basename(file), kind));
  return appendEntries(store, artefacts, key, new Date());
}

export interface LogVerdict {
  readonly verdict: 'accepted' | 'refused' | 'unproven';
  /** Entries under the greatest head that a trusted key signed; 0 where there is none. */
  readonly size: number;
  /** Entries behind that head: anybody's, and not counted. */
  readonly behind: number;
  /** Of the whole file, hex. */
  readonly root: string;
  readonly checks: readonly Check[];
}

/**
 * Verifies a log: its form, the head beside it, and every head that somebody kept.
 *
 * @param keys - public keys whose heads count; empty: no head can be believed, and the log stays unproven.
 * @throws CleanroomError FILE_NOT_FOUND where there is no log and no head
 */
export async function verifyLog(
  store: LogStore,
  keptPaths: readonly string[],
  keys: readonly KeyObject[],
): Promise<LogVerdict> {
  const checks = new CheckList();
  const text = await store.readLog();
  const beside = await store.readHead();
  if (text === '' && beside === null && keptPaths.length === 0)
    throw new CleanroomError('FILE_NOT_FOUND', `there is no log ${store.name}`);
  const log = readForm(text, checks);
  if (log === null) return { verdict: 'refused', size: 0, behind: 0, root: '', checks: checks.list() };
  const heads: (ReadTreeHead | null)[] = [];
  if (beside === null)
    checks.skip('LOG_HEAD', { reason: 'there is no signed tree head beside the log', spec: SPEC });
  else heads.push(checkHead('LOG_HEAD', log, beside, keys, checks));
  for (const path of keptPaths) {
    const kept = await readTextBounded(path, MAX_HEAD_BYTES);
    heads.push(checkHead('LOG_CONTINUES', log, kept, keys, checks, path));
  }
  recordStatements(log, coveredBy(heads), keys, checks);
  return decide(checks, log, heads);
}

function readForm(text: string, checks: CheckList): TransparencyLog | null {
  try {
    const log = parseLog(text);
    checks.pass('LOG_FORM', { actual: `${log.entries.length} entries`, spec: SPEC });
    return log;
  } catch (cause) {
    if (!(cause instanceof CleanroomError)) throw cause;
    checks.fail('LOG_FORM', { reason: cause.message, spec: SPEC });
    return null;
  }
}

/* The head, where a key that counts signed it and the log continues it. */
function checkHead(
  id: 'LOG_HEAD' | 'LOG_CONTINUES',
  log: TransparencyLog,
  jws: string,
  keys: readonly KeyObject[],
  checks: CheckList,
  name = 'the head beside the log',
): ReadTreeHead | null {
  let head: ReadTreeHead;
  try {
    head = parseTreeHead(jws);
  } catch (cause) {
    if (!(cause instanceof CleanroomError)) throw cause;
    checks.fail(id, { reason: `${name}: ${cause.message}`, spec: SPEC });
    return null;
  }
  const problem = headProblem(log, head, keys, name);
  if (problem === null && keys.length === 0) {
    checks.skip(id, { reason: `${name}: whose keys count was not said (-f contract.yaml)`, spec: SPEC });
    return null;
  }
  checks.record(id, problem === null, {
    expected: `the root of the first ${head.head.size} entries, signed by a key that counts`,
    actual: `${log.leaves.length} entries`,
    ...(problem === null ? {} : { reason: problem }),
    spec: SPEC,
  });
  return problem === null ? head : null;
}

function headProblem(
  log: TransparencyLog,
  head: ReadTreeHead,
  keys: readonly KeyObject[],
  name: string,
): string | null {
  const { size } = head.head;
  if (size > log.leaves.length)
    return `${name} covers ${size} entries and the log has ${log.leaves.length}: its tail was cut off`;
  if (!headHolds(log, head))
    return `${name} is of another log: an entry before number ${size} was removed, changed or moved`;
  return keys.length === 0 || keys.some((key) => verifyEs256(head.jws, key))
    ? null
    : `${name} is not signed by a key that counts`;
}

function coveredBy(heads: readonly (ReadTreeHead | null)[]): number {
  return Math.max(0, ...heads.map((head) => head?.head.size ?? 0));
}

/* Whoever may write the log can put an entry in, and another's head covers it: what is stated by nobody known is counted. */
function recordStatements(
  log: TransparencyLog,
  size: number,
  keys: readonly KeyObject[],
  checks: CheckList,
): void {
  const covered = log.entries.slice(0, size);
  const signed = covered.filter((entry) => isEntrySignedBy(entry, keys)).length;
  const actual = `${signed} of ${size}`;
  if (signed === size && size > 0) checks.pass('LOG_STATEMENTS', { actual, spec: STATEMENT_SPEC });
  else
    checks.skip('LOG_STATEMENTS', {
      reason: `${actual} entries are statements signed by a key that counts; earlier versions wrote none`,
      spec: STATEMENT_SPEC,
    });
}

/* Nothing but a head of somebody who is trusted says which entries there are; what stands behind it is anybody's. */
function decide(
  checks: CheckList,
  log: TransparencyLog,
  heads: readonly (ReadTreeHead | null)[],
): LogVerdict {
  const list = checks.list();
  const size = coveredBy(heads);
  const failed = list.some(({ status }) => status === 'fail');
  const signed = heads.some((head) => head !== null);
  return {
    verdict: failed ? 'refused' : signed ? 'accepted' : 'unproven',
    size,
    behind: log.leaves.length - size,
    root: toHex(logState(log).root),
    checks: list,
  };
}

/** Public contract keys of the parties: whose heads count under a contract. */
export function partyPublicKeys({ contract }: ParsedContract): readonly KeyObject[] {
  return contract.parties.map(({ contractKey }) => publicKeyObject(contractKey));
}

/**
 * Proves that the log holds a file.
 *
 * @throws CleanroomError LOG_ENTRY_MISSING, LOG_FORKED, FILE_*
 */
export async function proveFile(
  store: LogStore,
  file: string,
  kind: EntryKind | null,
  keptHead: string | undefined,
): Promise<LogProof> {
  const artefact = describeArtefact(await readFileBounded(file, MAX_ARTEFACT_BYTES), basename(file), kind);
  return proveArtefact(store, artefact, keptHead);
}

/** As proveFile, for an artefact in hand. */
export async function proveArtefact(
  store: LogStore,
  artefact: Pick<Artefact, 'kind' | 'sha256'>,
  keptHead: string | undefined,
): Promise<LogProof> {
  const log = await readKeptLog(store);
  const head = await store.readHead();
  const index = findEntry(log, artefact);
  if (index === null || head === null)
    throw new CleanroomError('LOG_ENTRY_MISSING', `${store.name} has no ${artefact.kind} ${artefact.sha256}`);
  const from = keptHead === undefined ? null : parseTreeHead(await readTextBounded(keptHead, MAX_HEAD_BYTES));
  return proveEntry(log, index, parseTreeHead(head), from);
}

/**
 * The bundle with the log's proofs of its contract, policy and receipts, as far as the log has them.
 *
 * @throws CleanroomError LOG_ENTRY_MISSING where it has none of them
 */
export async function withLogProofs(bundle: EvidenceBundle, store: LogStore): Promise<EvidenceBundle> {
  const contract = bundle.contract === undefined ? [] : [checkContract(bundle.contract).digest];
  const wanted: readonly Pick<Artefact, 'kind' | 'sha256'>[] = [
    ...contract.map((sha256) => ({ kind: 'contract' as const, sha256 })),
    { kind: 'policy', sha256: sha256Hex(bundle.policy) },
    ...(bundle.receipts ?? []).map((receipt) => ({ kind: 'receipt' as const, sha256: sha256Hex(receipt) })),
  ];
  const log = await readKeptLog(store);
  const logged = wanted.filter((artefact) => findEntry(log, artefact) !== null);
  if (logged.length === 0)
    throw new CleanroomError(
      'LOG_ENTRY_MISSING',
      `${store.name} has no entry for contract or policy of this room`,
    );
  const proofs: Uint8Array[] = [];
  for (const artefact of logged)
    proofs.push(utf8(renderProof(await proveArtefact(store, artefact, undefined))));
  return { ...bundle, logProofs: proofs };
}

/**
 * Writes the entry's signed statement (COSE_Sign1), for a ledger that takes such.
 *
 * @throws CleanroomError LOG_ENTRY_MISSING where an earlier version put it in, which signed none
 */
export async function writeStatement(path: string, { entry }: LogProof): Promise<void> {
  const statement = entry.statement === undefined ? null : fromBase64(entry.statement);
  if (statement === null)
    throw new CleanroomError(
      'LOG_ENTRY_MISSING',
      `the entry ${entry.kind} ${entry.subject} was put in by an earlier version, without a signed statement`,
    );
  await writeFileAtomic(path, statement);
}

export function writeProof(path: string, proof: LogProof): Promise<void> {
  return writeFileAtomic(path, renderProof(proof));
}
