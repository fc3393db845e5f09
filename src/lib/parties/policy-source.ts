// Where a command takes a policy from: a file, stdin, or a running room.

import {
  readPolicyFile,
  type PolicyFile,
  MAX_POLICY_FILE,
  decodePolicy,
  policyHash,
} from '../cce-policy/read/policy-file.js';
import { CleanroomError } from '../base/errors.js';
import type { Desk } from '../ports/environment.js';

export interface PolicySource {
  /** File, `-` for stdin; undefined where a room is named instead. */
  readonly file: string | undefined;
  readonly room: string | undefined;
  /** Container group of a template with several. */
  readonly group: string | undefined;
}

/**
 * Reads a policy.
 *
 * @throws CleanroomError USAGE (neither or both), FILE_*, POLICY_UNREADABLE, TEMPLATE_GROUP_AMBIGUOUS, and for a room those of the
 *   resource manager; ROOM_NOT_CONFIDENTIAL where it has no policy.
 */
export async function readPolicySource(source: PolicySource, desk: Desk): Promise<PolicyFile> {
  if ((source.file === undefined) === (source.room === undefined)) {
    throw new CleanroomError('USAGE', 'give either a file or --room NAME');
  }
  return source.file === undefined
    ? readRoomPolicy(source.room, desk)
    : readPolicyAt(source.file, source.group);
}

/** A policy from a file, or from stdin for `-`. @throws CleanroomError FILE_*, POLICY_UNREADABLE, TEMPLATE_GROUP_AMBIGUOUS */
export async function readPolicyAt(path: string, group?: string): Promise<PolicyFile> {
  const { decodeUtf8 } = await import('../base/bytes/arrays.js');
  const { readFileBounded, readStreamBounded } = await import('../base/files/read-bounded.js');
  /* Not by the name /dev/stdin: a socket, which some programs give their children, cannot be opened. */
  const bytes =
    path === '-'
      ? await readStreamBounded(process.stdin, 'stdin', MAX_POLICY_FILE)
      : await readFileBounded(path, MAX_POLICY_FILE);
  const text = decodeUtf8(bytes);
  if (text === null) throw new CleanroomError('POLICY_UNREADABLE', `${path} is not UTF-8 text`);
  return readPolicyFile(text, group ?? null);
}

async function readRoomPolicy(name: string | undefined, desk: Desk): Promise<PolicyFile> {
  const { findRoom } = await import('./rooms.js');
  const room = await findRoom(await (await desk.open()).services.rooms(), name);
  if (room.ccePolicy === null) {
    throw new CleanroomError(
      'ROOM_NOT_CONFIDENTIAL',
      `${room.name} runs without a CCE policy: it is no clean room`,
    );
  }
  const text = decodePolicy(room.ccePolicy);
  if (text === null) {
    throw new CleanroomError('POLICY_UNREADABLE', `the ccePolicy of ${room.name} is not base64 of Rego`);
  }
  return { text, form: 'base64', hash: policyHash(text) };
}

/** What to say of a text that ends with line breaks, which are part of what is hashed; null where it does not. */
export function lineBreakWarning(policy: PolicyFile): string | null {
  const trimmed = withoutTrailingLineBreaks(policy.text);
  if (trimmed === policy.text) return null;
  return `the text ends with line breaks, which are part of its hash; without them, as confcom injects it, the hash is ${policyHash(trimmed)}`;
}

function withoutTrailingLineBreaks(text: string): string {
  let end = text.length;
  while (text[end - 1] === '\n') end -= 1;
  return text.slice(0, end);
}
