// Text to sentences: ICU's rules (Unicode TR29), mended for abbreviations, ordinals, lists, tables and endless lines.

export interface Sentence {
  readonly text: string;
  /** Whether it begins a paragraph, a list item or a table row. */
  readonly startsBlock: boolean;
  readonly kind: BlockKind;
}

/** What a sentence stands in. Of these only prose, and an item that is a sentence, says something by itself. */
export type BlockKind = 'prose' | 'heading' | 'item' | 'row';

interface Block {
  readonly text: string;
  readonly kind: BlockKind;
}

/** A paragraph longer than this is cut at white space before ICU sees it: its cost grows with the length. */
const LONGEST_PARAGRAPH = 20_000;
/** ASCII in which no sentence ends before the end (TR29, SB998). */
const UNBROKEN = /^[ "-\-/->@-~]*[.!?]*$/;
/** What ICU sees of it at once. */
const WINDOW = 1024;
/** List items, headings, quotations and table rows: a line of its own kind is a block of its own. */
const ITEM = /^\s*(?:[-*+•‣◦–]\s|\(?\d{1,3}[.)]\s|\(?[a-z][.)]\s)/;
const ROW = /^\s*\||\t\S|\s\|\s/;
const HEADING = /^\s*#{1,6}\s/;
const QUOTED = /^\s*>/;
/** Lines under headings and between parts. */
const RULE = /^\s*[-=_*~]{3,}\s*$/;
/** A short paragraph that does not end like a sentence is a heading, a salutation or a name beneath a letter. */
const LONGEST_HEADING = 80;
const ENDS = /[.!?…。！？।؟;]["'”’»)\]]*$/u;

/* Abbreviations that a sentence does not end with, lower case, without the last dot: en, de, fr, es, it, pt, nl, sv, pl, ru. */
const ABBREVIATIONS = new Set(
  (
    'mr mrs ms dr prof st sr jr rev hon gen col capt lt sgt vs etc e.g i.e cf al approx dept est fig figs inc ltd co corp no nos p pp ' +
    'vol vols ed eds rev sec ch art op cit u.s u.k u.n a.m p.m jan feb mar apr jun jul aug sep sept oct nov dec ' +
    'hr fr hrn nr bzw ca z.b d.h u.a o.ä s.o s.u usw ggf evtl inkl exkl abs bd tel str mio mrd vgl sog ' +
    'm mme mlle mm av env p.ex c.-à-d sra srta ud uds ee.uu núm pág sig sigg dott ing avv ecc n.b bijv dhr mevr o.a resp bl.a t.ex osv ' +
    'np tzn itd itp ul т.е т.д т.п г ул им'
  ).split(' '),
);
const DAY_BEFORE_MONTH =
  /^(?:januar|jänner|februar|märz|april|mai|juni|juli|august|september|oktober|november|dezember|jahrhundert|janvier|février|mars|avril)\b/i;
/** Of the word before a dot, what can be an abbreviation. */
const LAST_WORD = /[\p{L}\p{M}.-]+$/u;
const LONGEST_ABBREVIATION = 16;
const CLOSES = /["'”’»)\]]/;

/** The sentences of `text` in order, trimmed, none empty. The machine's locale plays no part. */
export function splitSentences(text: string): readonly Sentence[] {
  return [...eachSentence(text)];
}

/** The same, found one after the other, so that whoever reads a long text can pause in between. */
export function* eachSentence(text: string): Generator<Sentence> {
  const segmenter = new Intl.Segmenter(/\p{Script=Greek}/u.test(text.slice(0, 2000)) ? 'el' : 'en', {
    granularity: 'sentence',
  });
  for (const block of splitBlocks(text)) {
    let startsBlock = true;
    for (const part of cutAtSpace(block.text, LONGEST_PARAGRAPH)) {
      for (const sentence of splitPart(part, segmenter)) {
        yield { text: sentence, startsBlock, kind: block.kind };
        startsBlock = false;
      }
    }
  }
}

/* Paragraphs with their hard line breaks undone; lines that stand for themselves apart. */
function splitBlocks(text: string): readonly Block[] {
  const blocks: Block[] = [];
  let lines: string[] = [];
  let kind: BlockKind = 'prose';
  const close = (): void => {
    const paragraph = lines.join(' ');
    if (paragraph !== '')
      blocks.push({ text: paragraph, kind: kind === 'prose' ? kindOfParagraph(paragraph) : kind });
    lines = [];
    kind = 'prose';
  };
  for (const line of text.split(/\r\n|[\n\r\f\v\u0085\u2028\u2029]/)) {
    const trimmed = line.trim();
    const own = kindOfLine(line);
    if (trimmed === '' || own !== null) close();
    if (RULE.test(line)) continue;
    if (own !== null) kind = own;
    if (trimmed !== '') lines.push(trimmed.replace(/\s+/g, ' '));
    if (own === 'heading' || own === 'row') close();
  }
  close();
  return blocks;
}

/* Null for a line that goes on with the paragraph or item before it. */
function kindOfLine(line: string): BlockKind | null {
  if (RULE.test(line)) return 'row';
  if (HEADING.test(line)) return 'heading';
  if (ITEM.test(line)) return 'item';
  if (ROW.test(line)) return 'row';
  return QUOTED.test(line) ? 'prose' : null;
}

function kindOfParagraph(text: string): BlockKind {
  return text.length <= LONGEST_HEADING && !ENDS.test(text) ? 'heading' : 'prose';
}

function splitPart(part: string, segmenter: Intl.Segmenter): readonly string[] {
  const sentences: string[] = [];
  let from = 0;
  const close = (to: number): void => {
    const sentence = part.slice(from, to).trim();
    if (sentence !== '') sentences.push(sentence);
    from = to;
  };
  for (const end of breaks(part, segmenter))
    if (endsSentence(part.slice(from, end), part.slice(end, end + LONGEST_ABBREVIATION))) close(end);
  close(part.length);
  return sentences;
}

/* Where ICU breaks a part, asked window by window: each of its answers costs as much as the text it was given is long. */
function* breaks(part: string, segmenter: Intl.Segmenter): Generator<number> {
  if (UNBROKEN.test(part)) return;
  let from = 0;
  let width = WINDOW;
  while (from < part.length) {
    const whole = from + width >= part.length;
    const found: number[] = [];
    for (const { index } of segmenter.segment(part.slice(from, from + width)))
      if (index > 0) found.push(from + index);
    /* Whether there is a break can depend on what comes after it, up to the end of the next sentence (TR29, SB8). */
    if (!whole) found.pop();
    yield* found;
    const last = found.at(-1);
    if (whole) return;
    width = last === undefined ? width * 2 : WINDOW;
    from = last ?? from;
  }
}

/* Looks at the end of what stands before: a sentence without end costs no more than a short one. */
function endsSentence(before: string, after: string): boolean {
  if (/^[\p{Ll}»”’)\]]/u.test(after)) return false;
  const trimmed = before.trimEnd();
  if (DAY_BEFORE_MONTH.test(after) && /\b\d{1,2}\.$/.test(trimmed.slice(-4))) return false;
  let dot = trimmed.length - 1;
  while (dot > 0 && CLOSES.test(trimmed.charAt(dot))) dot--;
  if (trimmed.charAt(dot) !== '.') return true;
  const word = LAST_WORD.exec(trimmed.slice(Math.max(0, dot - LONGEST_ABBREVIATION), dot))?.[0];
  if (word === undefined) return true;
  return !ABBREVIATIONS.has(word.toLowerCase()) && !/^\p{Lu}$/u.test(word);
}

/** Whether a sentence never ends with this word and a dot: a number, a letter, an abbreviation. @param word - without the last dot */
export function isDotted(word: string): boolean {
  return /^(?:\p{N}{1,3}|\p{L})$/u.test(word) || ABBREVIATIONS.has(word.toLowerCase());
}

/** Parts of at most `length` characters, cut at white space where there is some. */
export function cutAtSpace(text: string, length: number): readonly string[] {
  const parts: string[] = [];
  let rest = text;
  while (rest.length > length) {
    const space = rest.lastIndexOf(' ', length);
    const at = space > length / 2 ? space : lastWhole(rest, length);
    parts.push(rest.slice(0, at));
    rest = rest.slice(at).trimStart();
  }
  if (rest !== '') parts.push(rest);
  return parts;
}

/* Never between the halves of a surrogate pair. */
function lastWhole(text: string, at: number): number {
  return /[\uD800-\uDBFF]/.test(text.charAt(at - 1)) ? at - 1 : at;
}
