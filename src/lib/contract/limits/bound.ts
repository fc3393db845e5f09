// What a result can carry at most, whatever the model is: in bits, and in characters of English.

import { alphabetOf, type Script } from './alphabet.js';

export interface BoundedLimits {
  readonly scripts: readonly Script[];
  /** Code points that are not white space, all texts of a result together. */
  readonly maxCharacters: number;
}

/* Nothing, a space or a line feed after each character. */
const GAPS = 3;
/* A model made for it writes English at about two bits a character (Cover and King, 1978: 1.3; ours is rounded up for safety). */
const BITS_OF_ENGLISH = 2;

/**
 * The most bits that one result can hold: `(maxCharacters + 1) × log2(3 × alphabet)`. Every text that the limits let out
 * is one of at most so many: a character of the alphabet with what follows it, at each of `maxCharacters` places, or an end.
 */
export function bitsOfResult({ scripts, maxCharacters }: BoundedLimits): number {
  return (maxCharacters + 1) * Math.log2(GAPS * alphabetOf(scripts).size);
}

/** A bound for people: two figures, rounded up. */
export function roundedBits(bits: number): number {
  const unit = 10 ** Math.max(0, Math.floor(Math.log10(Math.max(1, bits))) - 1);
  return Math.ceil(bits / unit) * unit;
}

/** How many characters of plain English such a number of bits can stand for. */
export function englishCharacters(bits: number): number {
  return Math.floor(bits / BITS_OF_ENGLISH);
}
