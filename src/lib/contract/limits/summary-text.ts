// The form of a text that may leave a room: NFC, the contract's alphabet, one space or one line feed between words.

import { type Alphabet, alphabetOf, type Script } from './alphabet.js';

/* Marks that typesetting has many forms of, and characters that nobody sees. */
const TYPESETTING: readonly (readonly [RegExp, string])[] = [
  [/[\u201c\u201d\u201e\u201f\u2033]/gu, '"'],
  [/[\u2018\u201a\u201b\u2032]/gu, "'"],
  [/[\u2010\u2011\u2212]/gu, '-'],
  [/\u00aa/gu, 'a'],
  [/\u00ba/gu, 'o'],
  [/[\u00ad\u200b-\u200f\u202a-\u202e\u2060\ufeff]/gu, ''],
  [/[\u2192\u2794]/gu, '->'],
  [/\u2190/gu, '<-'],
  [/\u21d2/gu, '=>'],
  [/\u2264/gu, '<='],
  [/\u2265/gu, '>='],
  [/\u2260/gu, '!='],
  [/\u2248/gu, '~'],
  [/\u00d7/gu, '*'],
  [/\u00f7/gu, '/'],
  [/\u00b1/gu, '+/-'],
];
/* Signs without a letter's or a digit's meaning: bullets, daggers, trade marks, shapes, dingbats, pictures and what shapes them. */
const ORNAMENT =
  '(?:\\u20e3|[\\ufe00-\\ufe0f]|[\\u00a9\\u00ae\\u00b6\\u2020-\\u2023\\u2043\\u2122\\u2219\\u25a0-\\u2775\\u2795-\\u27bf\\u2b00-\\u2bff\\u{1f000}-\\u{1f0ff}\\u{1f1e6}-\\u{1faff}])';
const ORNAMENTS = new RegExp(`[ \\t]*${ORNAMENT}+(?=[.,;:!?])|${ORNAMENT}`, 'gu');
const ELLIPSIS = /\u2026/gu;
/* Where a text of ASCII is not in its form yet. */
const OUT_OF_FORM = /[^ -~]|^ | $| {2}/;

/**
 * A text in the form in which it may leave, as far as that changes no letter: white space becomes one space, or one line
 * feed where there was a line break, marks of typesetting become their plain forms, and ornaments go. What else is not of the
 * alphabet stays, to be refused.
 */
export function toSummaryText(text: string, alphabet: Alphabet): string {
  if (!OUT_OF_FORM.test(text)) return text;
  /* Halves of a character could meet where something between them goes. */
  let plain = text.replace(/\p{Surrogate}/gu, '\ufffd').normalize('NFC');
  for (const [marks, replacement] of TYPESETTING) plain = plain.replace(marks, replacement);
  plain = plain.replace(ORNAMENTS, '');
  if (!alphabet.holds(0x2026)) plain = plain.replace(ELLIPSIS, '...');
  return plain
    .replace(/\s+/gu, (gap) => (/[\n\r\u2028\u2029]/u.test(gap) ? '\n' : ' '))
    .replace(/^[ \n]|[ \n]$/gu, '')
    .normalize('NFC');
}

/** What is wrong with the form of a text that is about to leave. */
export type FormProblem = 'not NFC' | 'white space' | 'a character of another script';

/** The first problem; null where the text may leave in this form. An empty text has none. */
export function formProblem(text: string, alphabet: Alphabet): FormProblem | null {
  if (/\p{Surrogate}/u.test(text) || text.normalize('NFC') !== text) return 'not NFC';
  let afterGap = true;
  for (const character of text) {
    const gap = character === ' ' || character === '\n';
    if (gap && afterGap) return 'white space';
    if (!gap && !alphabet.holds(character.codePointAt(0) ?? 0))
      return /\s/u.test(character) ? 'white space' : 'a character of another script';
    afterGap = gap;
  }
  return afterGap && text !== '' ? 'white space' : null;
}

/** Tells of a text whether it may leave under these scripts, in the form that toSummaryText gives it. */
export function leavesInScripts(scripts: readonly Script[]): (text: string) => boolean {
  const alphabet = alphabetOf(scripts);
  return (text) => formProblem(toSummaryText(text, alphabet), alphabet) === null;
}

/** Code points that are not white space: the unit of every limit on length. */
export function countCharacters(text: string): number {
  let count = 0;
  for (let at = 0; at < text.length; at++) {
    const unit = text.charCodeAt(at);
    if (unit > 0x20 && unit < 0x7f) count++;
    else if (unit < 0xdc00 || unit > 0xdfff || !isHigh(text.charCodeAt(at - 1)))
      if (!/\s/u.test(text.charAt(at))) count++;
  }
  return count;
}

function isHigh(unit: number): boolean {
  return unit >= 0xd800 && unit <= 0xdbff;
}
