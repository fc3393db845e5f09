// What parties and rooms sign and seal, by jwcrypto, both ways: consents, seal statements, receipts, tree heads, sealed results.

import { createHash, createPublicKey, randomBytes } from 'node:crypto';
import type { JWK } from 'jose';

import { freshKeyPairSync } from '../../src/lib/keys/fresh-key.js';
import { parseCompactJws } from '../../src/lib/base/bytes/compact-jws.js';
import { verifyEs256 } from '../../src/lib/keys/es256.js';
import { keyThumbprint } from '../../src/lib/keys/key-thumbprint.js';
import { CleanroomError } from '../../src/lib/base/errors.js';
import type { PublicKeyJwk } from '../../src/lib/contract/schema.js';
import { openResult, sealResult } from '../../src/lib/summarizer/sealed-result.js';
import { wholeRun } from '../support/whole-bundle.js';
import { askBoth, type Compared, type Peer, type Session } from './peer.js';

const FLIPS = 40;
const EMPTY = 'jwcrypto reads no JWE of an empty text; a result is never empty';

export const JOSE: Peer = {
  name: 'jwcrypto',
  lockedPackage: 'jwcrypto',
  about: 'signed statements and sealed results, both ways',
  program: { python: 'jwcrypto_peer' },
  compare: async (session) => [
    ...(await theyVerify(session)),
    ...(await theyOpen(session)),
    ...(await weRead(session)),
  ],
};

interface Pair {
  readonly private: JWK;
  readonly public: PublicKeyJwk;
}

function pair(): Pair {
  const { privateKey } = freshKeyPairSync({ type: 'ec', curve: 'P-256' });
  const jwk = privateKey.export({ format: 'jwk' }) as JWK;
  return { private: jwk, public: { kty: 'EC', crv: 'P-256', x: jwk.x ?? '', y: jwk.y ?? '' } };
}

/* A whole run's statements under their keys and under another's, each with bits flipped. */
async function theyVerify(session: Session): Promise<readonly Compared[]> {
  const { room, bundle } = await wholeRun('The ferry leaves at six.');
  const contractKeys = room.contract.contract.parties.map(({ contractKey }) => contractKey);
  const { kty, crv, x, y } = createPublicKey(room.receiptKey).export({ format: 'jwk' });
  const keys = [...contractKeys, { kty, crv, x, y } as PublicKeyJwk, pair().public];
  const statements = [...(bundle.consents ?? []), ...(bundle.receipts ?? []), ...(bundle.seals ?? [])];
  const spoilt = statements.flatMap((text) => flipped(text, session));
  const questions = [...statements, ...spoilt].flatMap((text, index) =>
    keys.map((key, number) => ({
      question: `statement ${index} under key ${number}`,
      asked: { do: 'verify', text, key: plain(key) },
      ours: ourPayload(text, key),
    })),
  );
  const thumbprints = keys.map((key) => ({
    question: 'thumbprint',
    asked: { do: 'thumbprint', key: plain(key) },
    ours: keyThumbprint(publicKey(key)),
  }));
  return askBoth(session, [...questions, ...thumbprints]);
}

/* One character of the text changed to another of its alphabet. */
function flipped(text: string, { random, short }: Session): readonly string[] {
  return Array.from({ length: short ? 8 : FLIPS }, () => {
    const at = Math.floor(random() * text.length);
    const other = text[at] === 'A' ? 'B' : 'A';
    return text[at] === '.' ? text : `${text.slice(0, at)}${other}${text.slice(at + 1)}`;
  });
}

function ourPayload(text: string, key: PublicKeyJwk): string {
  const jws = parseCompactJws(text);
  return jws !== null && verifyEs256(jws, publicKey(key)) ? sha256(jws.payload) : 'refused';
}

async function theyOpen(session: Session): Promise<readonly Compared[]> {
  const [first, second, other] = [pair(), pair(), pair()];
  const questions = [];
  for (const length of [0, 1, 900, 65_536]) {
    const text = randomBytes(length);
    const sealed = await sealResult(text, [first.public, second.public]);
    for (const [who, key] of Object.entries({ first, second, other }))
      questions.push({
        question: `result of ${length} bytes for the ${who}`,
        asked: { do: 'open', text: sealed, key: key.private },
        ours: await ourText(sealed, key.private),
        byDesign: () => (length === 0 && who !== 'other' ? EMPTY : null),
      });
  }
  return askBoth(session, questions);
}

/* Written by jwcrypto: what they sealed and signed is read here. */
async function weRead(session: Session): Promise<readonly Compared[]> {
  const key = pair();
  const texts = [1, 900, 65_536].map((length) => randomBytes(length));
  const sealed = await session.ask(
    texts.map((text) => ({ do: 'seal', text: text.toString('base64'), keys: [key.public, pair().public] })),
  );
  const opened = await Promise.all(
    texts.map(async (text, index) => ({
      question: `result of ${text.length} bytes sealed by jwcrypto`,
      ours: await ourText(sealed[index] ?? '', key.private),
      theirs: sha256(text),
      byDesign: null,
    })),
  );
  const payloads = ['{}', '{"v":1,"use":"cleanroom-consent"}', 'grüße'];
  const signed = await session.ask(
    payloads.map((text) => ({ do: 'sign', text, typ: 'cleanroom-consent+jws', key: key.private })),
  );
  return [
    ...opened,
    ...payloads.map((text, index) => ({
      question: `${text} signed by jwcrypto`,
      ours: ourPayload(signed[index] ?? '', key.public),
      theirs: sha256(Buffer.from(text)),
      byDesign: null,
    })),
  ];
}

async function ourText(sealed: string, key: JWK): Promise<string> {
  try {
    return sha256(await openResult(Buffer.from(sealed), key));
  } catch (cause) {
    if (cause instanceof CleanroomError && cause.code === 'SEALED_RESULT_REJECTED') return 'refused';
    throw cause;
  }
}

function publicKey(key: PublicKeyJwk): ReturnType<typeof createPublicKey> {
  return createPublicKey({ key: plain(key), format: 'jwk' });
}

function plain({ kty, crv, x, y }: PublicKeyJwk): { kty: string; crv: string; x: string; y: string } {
  return { kty, crv, x, y };
}

function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}
