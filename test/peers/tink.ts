// Payloads of sealed blobs by Tink, in Go and in Python: what we seal Tink opens, what Tink seals we open, at every border of a
// segment; and what was tampered with neither opens.

import { createHash, randomBytes } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { CleanroomError } from '../../src/lib/base/errors.js';
import {
  FIRST_SEGMENT_TEXT,
  PAYLOAD_HEADER_SIZE,
  SEGMENT_SIZE,
  SEGMENT_TEXT,
} from '../../src/lib/sealed-blob/format/layout.js';
import { unwrapDataKey } from '../../src/lib/sealed-blob/engine/wrap.js';
import { BYTES_MEDIA_TYPE, type SealedHeader } from '../../src/lib/sealed-blob/format/header.js';
import { collect, chunksOf, ecParty, type TestParty } from '../support/sealed.js';
import { openStream } from '../../src/lib/sealed-blob/engine/open.js';
import { sealStream } from '../../src/lib/sealed-blob/engine/seal.js';
import { type Compared, type Peer, type Session } from './peer.js';

const BORDERS: readonly number[] = [
  ...[0, 1, 2, 4095, 65_536, FIRST_SEGMENT_TEXT - 1, FIRST_SEGMENT_TEXT, FIRST_SEGMENT_TEXT + 1],
  ...[1, 2].flatMap((more) => [-1, 0, 1].map((step) => FIRST_SEGMENT_TEXT + more * SEGMENT_TEXT + step)),
];
const LONG: readonly number[] = [8e6, 33e6, 100e6];
const ADDED_BYTE = 'Tink takes a byte added behind a full last segment';

interface Sealed {
  readonly name: string;
  readonly text: Buffer;
  readonly header: SealedHeader;
  readonly payload: Buffer;
  readonly key: Buffer;
  readonly party: TestParty;
}

export const TINK_GO: Peer = tinkPeer('tink-go', 'github.com/tink-crypto/tink-go/v2', { go: 'tink' });
export const TINK_PYTHON: Peer = tinkPeer('tink-python', 'tink', { python: 'tink_peer' });

function tinkPeer(name: string, lockedPackage: string, program: Peer['program']): Peer {
  return {
    name,
    lockedPackage,
    about: 'payloads of sealed blobs, both ways',
    program,
    compare: async (session) => [...(await theyOpen(session)), ...(await weOpen(session))],
  };
}

/* What we sealed, and eight ways to spoil it. */
async function theyOpen(session: Session): Promise<readonly Compared[]> {
  const questions: {
    readonly question: string;
    readonly asked: object;
    readonly ours: string;
    spoilt: string | null;
  }[] = [];
  for (const sealed of await sealedByUs(session)) {
    const put = async (what: string, payload: Buffer, spoilt: string | null): Promise<void> => {
      const from = join(session.directory, `${questions.length}.payload`);
      writeFileSync(from, payload);
      const asked = {
        do: 'open',
        key: sealed.key.toString('hex'),
        associated: Buffer.from(sealed.header.associatedData).toString('latin1'),
        from,
      };
      questions.push({
        question: `${what} ${sealed.name}`,
        asked,
        ours: await openByUs(sealed, payload),
        spoilt,
      });
    };
    await put('open', sealed.payload, null);
    if (sealed.text.length > 3 * SEGMENT_SIZE) continue;
    for (const [what, spoilt] of spoil(sealed.payload, session.random)) await put(what, spoilt, what);
  }
  const answers = await session.ask(questions.map(({ asked }) => asked));
  return questions.map(({ question, ours, spoilt }, index) => {
    const theirs = answers[index] ?? 'no answer';
    const added = spoilt === 'added' && ours === 'refused' && theirs !== 'refused';
    return { question, ours, theirs, byDesign: added ? ADDED_BYTE : null };
  });
}

function* spoil(payload: Buffer, random: () => number): Generator<readonly [string, Buffer]> {
  yield ['added', Buffer.concat([payload, Buffer.from([0])])];
  yield ['cut', payload.subarray(0, -1)];
  if (payload.length > SEGMENT_SIZE) yield ['without its last segment', payload.subarray(0, SEGMENT_SIZE)];
  for (const what of ['salt', 'nonce', 'anywhere'] as const) {
    const at = { salt: 1, nonce: PAYLOAD_HEADER_SIZE - 1, anywhere: Math.floor(random() * payload.length) }[
      what
    ];
    const flipped = Buffer.from(payload);
    flipped[at] = (flipped[at] ?? 0) ^ (1 << Math.floor(random() * 8));
    yield [`flipped ${what}`, flipped];
  }
}

/* What Tink sealed under our header's key and associated data. */
async function weOpen(session: Session): Promise<readonly Compared[]> {
  const all = await sealedByUs(session);
  const asked = all.map(({ key, header, text }, index) => {
    const from = join(session.directory, `${index}.text`);
    writeFileSync(from, text);
    return {
      do: 'seal',
      key: key.toString('hex'),
      associated: Buffer.from(header.associatedData).toString('latin1'),
      from,
      to: join(session.directory, `${index}.sealed`),
    };
  });
  await session.ask(asked);
  return Promise.all(
    all.map(async (sealed, index) => ({
      question: `sealed by Tink, opened by us: ${sealed.name}`,
      ours: await openByUs(sealed, readFileSync(asked[index]?.to ?? '')),
      theirs: sha256(sealed.text),
      byDesign: null,
    })),
  );
}

async function sealedByUs({ short }: Session): Promise<readonly Sealed[]> {
  const all: Sealed[] = [];
  for (const length of [...BORDERS, ...(short ? LONG.slice(0, 1) : LONG)]) {
    const party = ecParty();
    const text = randomBytes(length);
    const { header, payload } = sealStream(chunksOf(text), {
      recipients: [party.recipient],
      protected: { cty: BYTES_MEDIA_TYPE },
    });
    const [entry] = header.recipients;
    if (entry === undefined) throw new Error('a blob has a recipient');
    const key = unwrapDataKey(entry, party.identity);
    if (key === null) throw new Error('a blob opens with its own key');
    const bytes = Buffer.from(await collect(payload));
    all.push({ name: `${length} bytes`, text, header, payload: bytes, key: Buffer.from(key), party });
  }
  return all;
}

async function openByUs({ header, party }: Sealed, payload: Buffer): Promise<string> {
  try {
    const blob = Buffer.concat([header.raw, payload]);
    const opened = await openStream(chunksOf(blob), { identities: () => [party.identity] });
    return sha256(await collect(opened.plaintext));
  } catch (cause) {
    if (cause instanceof CleanroomError && cause.code === 'SEALED_BLOB_REJECTED') return 'refused';
    throw cause;
  }
}

function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}
