// The parts of a result that several rooms made: the merged receipt lists every one of them and nothing else, each is signed
// by the room that made it, and the evidence of each of these rooms holds as that of the merging room does.

import { type Receipt, receiptDigest } from '../evidence/receipt.js';
import { verifyReceipt } from '../evidence/receipt-signature.js';
import { parseRoomRuntimeData } from '../evidence/room-runtime-data.js';
import { parseStoredPart, type StoredPart } from '../evidence/stored-part.js';
import type { BundleAppraisal } from '../evidence/verify-bundle.js';
import type { EvidenceBundle } from '../evidence/evidence-bundle.js';
import { decodeUtf8, utf8 } from '../base/bytes/arrays.js';
import { canonicalJson } from '../base/bytes/canonical-json.js';
import { sha256Hex } from '../base/bytes/digest.js';
import type { ParsedContract } from '../contract/check.js';
import { CleanroomError } from '../base/errors.js';
import { type Check, CheckList, type Trust } from '../base/verdict/check.js';
import { bundleOfRoomEvidence } from './collect-evidence.js';

const MAX_PART_BYTES = 4 * 1024 * 1024;
const MAX_EVIDENCE_BYTES = 16 * 1024 * 1024;
const AT_ONCE = 8;

export interface SharedResult {
  readonly parsed: ParsedContract;
  /** The merged receipt, whose signature was verified. */
  readonly receipt: Receipt;
  /** How many documents the result has a summary of each for; 0 where it has none of single documents. */
  readonly documents: number;
  /** Of the merging room. */
  readonly trust: Trust;
}

export interface PartPorts {
  /** A blob of the result by its suffix; null where there is none. */
  readonly read: (suffix: string, maxBytes: number) => Promise<Uint8Array | null>;
  readonly verify: (bundle: EvidenceBundle) => Promise<BundleAppraisal>;
}

type ListedPart = NonNullable<Receipt['parts']>[number];

/**
 * Checks of the parts; none where one room made the result alone, as its contract says. What a part says is sealed for the
 * rooms of its run, so its text is listed as not checked: the merging room has opened it.
 */
export async function checkParts(result: SharedResult, ports: PartPorts): Promise<readonly Check[]> {
  const { parsed, receipt, documents } = result;
  const listed = receipt.parts ?? [];
  if (parsed.contract.room.workQueue === undefined && listed.length === 0) return [];
  const checks = new CheckList();
  const wanted = documents === 0 ? 'one or more' : String(documents);
  const whole = listed.length > 0 && (documents === 0 || listed.length === documents);
  checks.record('PARTS_LISTED', whole, { expected: wanted, actual: String(listed.length) });
  const stored = await inTurns(listed.keys(), async (index) => {
    const bytes = await ports.read(`part-${index}.json`, MAX_PART_BYTES);
    return bytes === null ? null : parseStoredPart(decodeUtf8(bytes) ?? '');
  });
  const problems = listed.map((part, index) => partProblem(part, stored[index] ?? null, index));
  recordProblems(checks, 'PART_RECEIPTS', problems, `${listed.length} receipts`);
  const rooms = roomsOf(listed, stored);
  const refused = await inTurns(rooms.keys(), (digest) =>
    roomProblem(digest, rooms.get(digest) ?? [], result, ports),
  );
  recordProblems(checks, 'PART_ROOMS', refused, `${rooms.size} rooms`);
  checks.skip('PART_TEXTS', {
    reason:
      'parts are sealed for the rooms of the run: the merging room alone has held them against their receipts',
  });
  return checks.list();
}

/* A list without anything in it proves nothing, and fails. */
function recordProblems(
  checks: CheckList,
  id: string,
  problems: readonly (string | null)[],
  actual: string,
): void {
  const [first, ...more] = problems.filter((problem) => problem !== null);
  if (first === undefined) checks.record(id, problems.length > 0, { actual });
  else checks.fail(id, { actual, reason: more.length === 0 ? first : `${first}, and ${more.length} more` });
}

/* Why what is stored is not the part that the merged receipt lists; whose signature it bears is looked at by room. */
function partProblem({ receipt }: ListedPart, stored: StoredPart | null, index: number): string | null {
  if (stored === null) return `part ${index + 1} is not there`;
  if (receiptDigest(stored.receipt) === receipt) return null;
  return `the receipt of part ${index + 1} is not the one that the merged receipt lists`;
}

interface PartOfRoom {
  readonly index: number;
  readonly stored: StoredPart;
}

/* By the digest of the room's report, also those rooms of which no part is there. */
function roomsOf(
  listed: readonly ListedPart[],
  stored: readonly (StoredPart | null)[],
): ReadonlyMap<string, readonly PartOfRoom[]> {
  const rooms = new Map<string, PartOfRoom[]>();
  for (const [index, { report }] of listed.entries()) {
    const parts = rooms.get(report) ?? [];
    const part = stored[index] ?? null;
    rooms.set(report, part === null ? parts : [...parts, { index, stored: part }]);
  }
  return rooms;
}

/* Why a room's evidence, or a receipt that it is said to have signed, does not hold. */
async function roomProblem(
  digest: string,
  parts: readonly PartOfRoom[],
  result: SharedResult,
  ports: PartPorts,
): Promise<string | null> {
  const who = `room ${digest.slice(0, 12)}`;
  const bytes = await ports.read(`room-${digest}.json`, MAX_EVIDENCE_BYTES);
  if (bytes === null) return `the evidence of ${who} is not there`;
  try {
    const bundle = bundleOfRoomEvidence(bytes, []);
    if (sha256Hex(bundle.report) !== digest) return `the evidence of ${who} is that of another room`;
    const { verdict } = await ports.verify(bundle);
    const failed = verdict.checks.filter(({ status }) => status === 'fail').map(({ id }) => id);
    if (verdict.verdict === 'refused') return `the evidence of ${who} is refused: ${failed.join(', ')}`;
    if (verdict.trust !== result.trust) return `the trust in ${who} ends in ${verdict.trust}`;
    const key = parseRoomRuntimeData(utf8(bundle.runtimeData)).receipt;
    for (const { index, stored } of parts) {
      const { receipt } = verifyReceipt(stored.receipt, key);
      const foreign = foreignMember(receipt, {
        stored,
        index,
        digest,
        policy: sha256Hex(bundle.policy),
        result,
      });
      if (foreign !== null) return `the receipt of part ${index + 1} has another ${foreign}`;
    }
    return null;
  } catch (cause) {
    if (cause instanceof CleanroomError) return `${who}: ${cause.message}`;
    throw cause;
  }
}

interface ExpectedPart extends PartOfRoom {
  readonly digest: string;
  readonly policy: string;
  readonly result: SharedResult;
}

/* The first member of a part's receipt that is not what its place in the merged one demands. */
function foreignMember(
  receipt: Receipt,
  { stored, index, digest, policy, result: { parsed, receipt: merged } }: ExpectedPart,
): string | null {
  const members: Readonly<Record<string, readonly [unknown, unknown]>> = {
    outcome: [receipt.outcome, 'part'],
    contract: [receipt.contract, parsed.digest],
    policy: [receipt.policy, policy],
    'policy than the merged one': [receipt.policy, merged.policy],
    report: [receipt.report, digest],
    inputs: [receipt.inputsDigest, merged.inputsDigest],
    model: [canonicalJson(receipt.model), canonicalJson(merged.model)],
    document: [receipt.work?.document, index],
    'number of documents': [receipt.work?.of, merged.parts?.length],
    'sealed form': [receipt.output?.sealed, sha256Hex(stored.sealed)],
  };
  return Object.keys(members).find((name) => members[name]?.[0] !== members[name]?.[1]) ?? null;
}

/* A few at a time, in order: a run may have thousands of documents. */
async function inTurns<T, U>(items: Iterable<T>, read: (item: T) => Promise<U>): Promise<readonly U[]> {
  const all = [...items];
  const done: U[] = [];
  for (let at = 0; at < all.length; at += AT_ONCE)
    done.push(...(await Promise.all(all.slice(at, at + AT_ONCE).map(read))));
  return done;
}
