// Long text to pieces that a model takes whole: cut at sentence borders, of about equal size, with a little overlap.

import { type Breath, createBreath } from './breath.js';
import { cutAtSpace, eachSentence } from './sentences.js';

export interface ChunkOptions {
  /** Most tokens of a chunk, special tokens and prefix not counted. */
  readonly limit: number;
  /** Number of tokens of a text, without special tokens. */
  readonly count: (text: string) => number;
  /** Gives way while a long text is cut; without one nobody can stop it. */
  readonly breathe?: Breath;
}

interface Piece {
  readonly text: string;
  readonly tokens: number;
  readonly startsBlock: boolean;
}

/** A sentence is repeated at the head of the next chunk if it takes no more than this share of it. */
const OVERLAP_SHARE = 1 / 8;
/** A cheap bound that spares counting: no tokenizer here makes more tokens than UTF-8 bytes, plus one. */
const BYTES_PER_CHARACTER = 3;

/**
 * The chunks of `text` in order; one, the text itself, if it fits. Inside a paragraph the last sentence of a chunk also opens
 * the next one, so that what refers back still finds its noun; at a paragraph's border nothing is repeated.
 */
export async function splitChunks(text: string, options: ChunkOptions): Promise<readonly string[]> {
  const trimmed = text.trim();
  if (trimmed.length * BYTES_PER_CHARACTER < options.limit) return [trimmed];
  if (trimmed.length < options.limit * 40 && options.count(trimmed) <= options.limit) return [trimmed];
  const breathe = options.breathe ?? createBreath();
  const pieces: Piece[] = [];
  for (const sentence of eachSentence(trimmed)) {
    for await (const piece of fit(sentence.text, sentence.startsBlock, { ...options, breathe }))
      pieces.push(piece);
  }
  const total = pieces.reduce((sum, piece) => sum + piece.tokens, 0);
  const target = Math.ceil(total / Math.ceil(total / (options.limit * (1 - OVERLAP_SHARE))));
  return pack(pieces, Math.min(options.limit, target), options);
}

function pack(pieces: readonly Piece[], target: number, { limit, count }: ChunkOptions): readonly string[] {
  const chunks: string[] = [];
  let open: Piece[] = [];
  let size = 0;
  for (const piece of pieces) {
    const full = size + piece.tokens > limit || size >= target;
    if (full && open.length > 0) {
      chunks.push(join(open));
      open = overlap(open, piece, limit);
      size = open.reduce((sum, kept) => sum + kept.tokens, 0);
    }
    open.push(piece);
    size += piece.tokens;
  }
  if (open.length > 0) chunks.push(join(open));
  return chunks.flatMap((chunk) => (count(chunk) <= limit ? [chunk] : halve(chunk, limit, count)));
}

function overlap(open: readonly Piece[], next: Piece, limit: number): Piece[] {
  const last = open.at(-1);
  if (last === undefined || next.startsBlock || open.length === 1) return [];
  return last.tokens <= limit * OVERLAP_SHARE && last.tokens + next.tokens <= limit ? [last] : [];
}

/* A sentence longer than a chunk is cut at white space, and where there is none, anywhere. */
async function* fit(
  text: string,
  startsBlock: boolean,
  { limit, count, breathe }: ChunkOptions & { readonly breathe: Breath },
): AsyncGenerator<Piece> {
  const parts = text.length > limit * 8 ? cutAtSpace(text, limit * 2) : [text];
  let first = startsBlock;
  for (const part of parts) {
    await breathe();
    for (const piece of halve(part, limit, count)) {
      yield { text: piece, tokens: count(piece), startsBlock: first };
      first = false;
    }
  }
}

function halve(text: string, limit: number, count: (text: string) => number): readonly string[] {
  if (text.length < 2 || count(text) <= limit) return [text];
  return cutAtSpace(text, Math.ceil(text.length / 2)).flatMap((part) => halve(part, limit, count));
}

function join(pieces: readonly Piece[]): string {
  return pieces
    .map((piece, index) => (piece.startsBlock && index > 0 ? '\n' : index > 0 ? ' ' : '') + piece.text)
    .join('');
}
