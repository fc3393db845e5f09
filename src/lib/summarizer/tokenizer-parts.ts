// What a tokenizer.json may be made of: the parts that tokenizers of T5 and BART have, none of which makes much out of little.
// A pattern of the model's own runs in this program's own engine, over a text that nobody may delay or multiply by it.

import { CleanroomError } from '../base/errors.js';
import { MAX_CHARACTERS_A_TOKEN } from './tokenizer-round-trip.js';

type Section = 'normalizer' | 'pre_tokenizer' | 'post_processor' | 'decoder';

interface Parts {
  readonly types: readonly string[];
  /** Name of the list of a `Sequence`. */
  readonly list: string;
}

const PARTS: Readonly<Record<Section, Parts>> = {
  normalizer: {
    types: ['Precompiled', 'NFC', 'NFD', 'NFKC', 'NFKD', 'Lowercase', 'StripAccents', 'Strip', 'Replace'],
    list: 'normalizers',
  },
  pre_tokenizer: {
    types: ['Metaspace', 'WhitespaceSplit', 'Whitespace', 'ByteLevel', 'Punctuation', 'Digits'],
    list: 'pretokenizers',
  },
  post_processor: {
    types: ['TemplateProcessing', 'RobertaProcessing', 'BertProcessing', 'ByteLevel'],
    list: 'processors',
  },
  decoder: {
    types: ['Metaspace', 'ByteLevel', 'ByteFallback', 'Fuse', 'Strip', 'Replace'],
    list: 'decoders',
  },
};
const SECTIONS = Object.keys(PARTS) as readonly Section[];

const MODELS: readonly unknown[] = ['Unigram', 'BPE'];
/* Runs of white space; each is read once over a text, whatever the text. */
const PATTERNS: ReadonlySet<unknown> = new Set([' +', ' {2,}', '\\s+', '\\s{2,}', '[ ]+']);
const MAX_PARTS = 16;
const MAX_ADDED = 4096;

type Values = Readonly<Record<string, unknown>>;

/**
 * Refuses a tokenizer with a part, a pattern or a token that none of T5 and BART has.
 *
 * @throws CleanroomError MODEL_REFUSED
 * @see https://huggingface.co/docs/tokenizers/components
 */
export function requireKnownParts(path: string, tokenizer: unknown): void {
  const refuse = (why: string): never => {
    throw new CleanroomError('MODEL_REFUSED', `${path} is not used: ${why}`);
  };
  const all = valuesOf(tokenizer);
  for (const section of SECTIONS) {
    const problem = partsProblem(all[section], PARTS[section]);
    if (problem !== null) refuse(`its ${section} ${problem}`);
  }
  const { type, vocab } = valuesOf(all['model']);
  if (!MODELS.includes(type)) refuse('its model is neither Unigram nor BPE');
  const added = Array.isArray(all['added_tokens']) ? (all['added_tokens'] as readonly unknown[]) : [];
  if (added.length > MAX_ADDED) refuse(`it adds more than ${MAX_ADDED} tokens`);
  const long = [...spellings(vocab), ...added.map((token) => valuesOf(token)['content'])].some(
    (spelling) => typeof spelling === 'string' && isLong(spelling),
  );
  if (long) refuse(`one of its tokens has more than ${MAX_CHARACTERS_A_TOKEN} characters`);
}

function partsProblem(value: unknown, { types, list }: Parts): string | null {
  if (value === null || value === undefined) return null;
  const whole = valuesOf(value);
  const parts = whole['type'] === 'Sequence' ? whole[list] : [whole];
  if (!Array.isArray(parts)) return 'is a sequence of nothing';
  if (parts.length > MAX_PARTS) return `has more than ${MAX_PARTS} parts`;
  for (const part of parts) {
    const { type, pattern, content } = valuesOf(part);
    if (typeof type !== 'string' || !types.includes(type)) return 'has a part that no T5 or BART has';
    if (type === 'Replace' && !(isKnownPattern(pattern) && isAtMostOne(content)))
      return 'replaces more than white space and single characters';
  }
  return null;
}

/* A single character, or a run of white space. */
function isKnownPattern(pattern: unknown): boolean {
  const { Regex: expression, String: text, ...others } = valuesOf(pattern);
  if (Object.keys(others).length > 0) return false;
  if (expression === undefined) return typeof text === 'string' && Array.from(text).length === 1;
  return text === undefined && PATTERNS.has(expression);
}

function isAtMostOne(content: unknown): boolean {
  return typeof content === 'string' && Array.from(content).length <= 1;
}

/* BPE: an object from spelling to number; Unigram: a list of spelling and weight. */
function spellings(vocabulary: unknown): readonly unknown[] {
  if (Array.isArray(vocabulary))
    return vocabulary.map((entry: unknown) => (Array.isArray(entry) ? (entry[0] as unknown) : entry));
  return Object.keys(valuesOf(vocabulary));
}

/* Code units are at least the code points: no count is needed for most. */
function isLong(spelling: string): boolean {
  return spelling.length > MAX_CHARACTERS_A_TOKEN && Array.from(spelling).length > MAX_CHARACTERS_A_TOKEN;
}

function valuesOf(value: unknown): Values {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Values) : {};
}
