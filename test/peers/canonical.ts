// Canonical JSON (RFC 8785): every contract digest stands on it.

import { createHash } from 'node:crypto';

import { canonicalJson, type Json } from '../../src/lib/base/bytes/canonical-json.js';
import { exampleContract } from '../support/contract.js';
import { EVIDENCE_VECTORS } from '../support/attestation-vectors.js';
import { askBoth, type Peer } from './peer.js';

const CHARACTERS = [
  'a',
  'Z',
  '0',
  ' ',
  '"',
  '\\',
  '\n',
  '\u0000',
  '\u001f',
  '\u007f',
  'é',
  '€',
  '\u2028',
  '\ufb33',
  '😂',
  '\ud83d',
  '\udc02',
];

export const CANONICAL: Peer = {
  name: 'rfc8785',
  lockedPackage: 'rfc8785',
  about: 'canonical JSON',
  program: { python: 'rfc8785_peer' },
  compare: (session) => {
    const { random, short } = session;
    const values: Json[] = [
      JSON.parse(JSON.stringify(exampleContract())) as Json,
      JSON.parse(JSON.stringify(EVIDENCE_VECTORS)) as Json,
    ];
    for (let index = 0; index < (short ? 500 : 20_000); index++) values.push(randomValue(random, 4));
    return askBoth(
      session,
      values.map((value) => {
        const text = JSON.stringify(value);
        return { question: text.slice(0, 200), asked: { text }, ours: ourDigest(JSON.parse(text) as Json) };
      }),
    );
  },
};

function ourDigest(value: Json): string {
  try {
    return createHash('sha256').update(canonicalJson(value)).digest('hex');
  } catch (cause) {
    if (cause instanceof TypeError) return 'refused';
    throw cause;
  }
}

function randomValue(random: () => number, depth: number): Json {
  const below = (limit: number): number => Math.floor(random() * limit);
  const text = (): string =>
    Array.from({ length: below(6) }, () => CHARACTERS[below(CHARACTERS.length)] ?? '').join('');
  switch (below(depth > 0 ? 7 : 5)) {
    case 0:
      return null;
    case 1:
      return random() < 0.5;
    case 2:
      return text();
    case 3:
      return below(2 ** 31) - 2 ** 30;
    case 4:
      return randomDouble(random);
    case 5:
      return Array.from({ length: below(5) }, () => randomValue(random, depth - 1));
    default:
      return Object.fromEntries(
        Array.from({ length: below(6) }, () => [text(), randomValue(random, depth - 1)]),
      );
  }
}

/* Any bits that are a number. */
function randomDouble(random: () => number): number {
  const view = new DataView(new ArrayBuffer(8));
  view.setUint32(0, random() * 2 ** 32);
  view.setUint32(4, random() * 2 ** 32);
  const number = view.getFloat64(0);
  return Number.isFinite(number) ? number : 0;
}
