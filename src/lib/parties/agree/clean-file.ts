// What one party sends to another: card, offer and reply, each one file *.cleanroom, a zip of a fixed list of plain files.

import { decodeUtf8, utf8 } from '../../base/bytes/arrays.js';
import { CleanroomError } from '../../base/errors.js';
import { writeFileAtomic } from '../../base/files/atomic-write.js';
import { readFileBounded } from '../../base/files/read-bounded.js';
import { looksLikeZip, readZip } from '../../base/files/zip/read-zip.js';
import { writeZip } from '../../base/files/zip/write-zip.js';

const KiB = 1024;
const MiB = 1024 * KiB;

/** Greatest size of a file `*.cleanroom`, and of all its members together when inflated. */
export const MAX_CLEAN_FILE_BYTES = 64 * MiB;

/** The members of each kind and their greatest sizes. The first one's name says the kind. */
const MEMBERS = {
  card: { 'card.json': MiB },
  offer: {
    'offer.json': 64 * KiB,
    'contract.yaml': MiB,
    'policy.rego': 16 * MiB,
    'consents.jws': MiB,
  },
  reply: {
    'reply.json': 64 * KiB,
    'contract.yaml': MiB,
    'policy.rego': 16 * MiB,
    'consents.jws': MiB,
    'seals.jws': MiB,
    'access.jwe': MiB,
  },
} as const;

export type CleanFileKind = keyof typeof MEMBERS;
const KINDS: readonly CleanFileKind[] = ['card', 'offer', 'reply'];
/** The text of every member, by its name. */
export interface CleanFile<K extends CleanFileKind = CleanFileKind> {
  readonly kind: K;
  readonly texts: Readonly<Record<keyof (typeof MEMBERS)[K], string>>;
}

/** Writes a card, an offer or a reply. @throws CleanroomError FILE_UNWRITABLE */
export async function writeCleanFile<K extends CleanFileKind>(
  path: string,
  file: CleanFile<K>,
): Promise<void> {
  const texts = new Map<string, string>(Object.entries(file.texts));
  const names = Object.keys(MEMBERS[file.kind]);
  await writeFileAtomic(path, writeZip(names.map((name) => ({ name, bytes: utf8(texts.get(name) ?? '') }))));
}

/** Reads a file of one kind. @throws CleanroomError CLEANROOM_FILE_OTHER, CLEANROOM_FILE_INVALID, FILE_… */
export async function readCleanFile<K extends CleanFileKind>(path: string, kind: K): Promise<CleanFile<K>> {
  return readCleanBytes(await readHandedOver(path, kind), path, kind);
}

const MADE_BY: Readonly<Record<CleanFileKind, string>> = {
  card: 'The other party makes its card, PARTY.cleanroom, with cleanroom init, and hands it over.',
  offer: 'The host makes the offer, NAME.cleanroom, with cleanroom propose CARD, and hands it over.',
  reply: 'The owner makes the reply, reply.cleanroom, with cleanroom accept OFFER TEXT, and hands it over.',
};

/** The bytes of a file that another party hands over. @throws CleanroomError FILE_…; FILE_NOT_FOUND says who makes it, and how */
export async function readHandedOver(path: string, kind: CleanFileKind): Promise<Uint8Array> {
  try {
    return await readFileBounded(path, MAX_CLEAN_FILE_BYTES);
  } catch (cause) {
    if (!(cause instanceof CleanroomError) || cause.code !== 'FILE_NOT_FOUND') throw cause;
    throw new CleanroomError('FILE_NOT_FOUND', cause.message, { hint: MADE_BY[kind], cause });
  }
}

/** As readCleanFile, of bytes that were read from `path`. @throws CleanroomError CLEANROOM_FILE_OTHER, CLEANROOM_FILE_INVALID */
export function readCleanBytes<K extends CleanFileKind>(
  bytes: Uint8Array,
  path: string,
  kind: K,
): CleanFile<K> {
  const found = cleanFileKind(bytes);
  if (found !== null && found !== kind)
    throw new CleanroomError(
      'CLEANROOM_FILE_OTHER',
      `${path} is ${withArticle(found)}, not ${withArticle(kind)}`,
    );
  if (!looksLikeZip(bytes))
    throw new CleanroomError(
      'CLEANROOM_FILE_INVALID',
      `${path} is not ${withArticle(kind)} (a file *.cleanroom)`,
      {
        hint: MADE_BY[kind],
      },
    );
  try {
    return parseCleanFile(bytes, kind);
  } catch (cause) {
    if (!(cause instanceof CleanroomError) || cause.code !== 'CLEANROOM_FILE_INVALID') throw cause;
    throw new CleanroomError('CLEANROOM_FILE_INVALID', `${path}: ${cause.message}`, {
      hint: MADE_BY[kind],
      cause,
    });
  }
}

/** @throws CleanroomError CLEANROOM_FILE_INVALID unless the members are exactly those of the kind, in UTF-8. */
export function parseCleanFile<K extends CleanFileKind>(bytes: Uint8Array, kind: K): CleanFile<K> {
  const rules = Object.entries<number>(MEMBERS[kind]).map(([name, maxBytes]) => ({ name, maxBytes }));
  const members = readZip(bytes, rules, MAX_CLEAN_FILE_BYTES);
  const texts = Object.fromEntries([...members].map(([name, content]) => [name, textOf(name, content)]));
  return { kind, texts: texts as CleanFile<K>['texts'] };
}

/** By the name of the first member; whether the rest fits it, parseCleanFile says. Null for any other file. */
export function cleanFileKind(bytes: Uint8Array): CleanFileKind | null {
  if (!looksLikeZip(bytes)) return null;
  const name = Buffer.from(bytes.subarray(30, 50)).toString('latin1');
  return KINDS.find((kind) => name.startsWith(`${kind}.json`)) ?? null;
}

function textOf(name: string, bytes: Uint8Array): string {
  const text = decodeUtf8(bytes);
  if (text === null)
    throw new CleanroomError('CLEANROOM_FILE_INVALID', `the member ${name} is no UTF-8 text`);
  return text;
}

function withArticle(kind: CleanFileKind): string {
  return kind === 'offer' ? 'an offer' : `a ${kind}`;
}
