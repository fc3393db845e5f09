// What a sentence's words say about its weight, beside its centrality: place, length, opening, numbers, and words that announce
// a decision or a result (the "cue method" of Edmundson, 1969). The factors were chosen on the texts of bench:quality but for
// the held-out ones, and on descriptions of Debian packages.

/** A shorter sentence says little, a longer one is cut. */
const FULL_LENGTH = 18;
const LONGEST = 30;
const CUE = 3;
const NUMBER = 1.2;
/** Where a sentence opens with a word that refers back, what it refers to would be missing. */
const REFERRING = 0.65;
/** Thanks and greetings. */
const COURTEOUS = 0.5;
/** The first sentence; and one that says what its subject is or does. */
const OPENING = 1.5;
const DEFINING = 5;

/* English, German, French and Spanish; without accents, in lower case. */
const CUES = new RegExp(
  '\\b(?:' +
    'decided|agreed|resolved|approved|voted|recommends?|recommended|suggests?|proposes?|concludes?|concluded|advises?|advice|' +
    'beschloss|beschlossen|beschliesst|vereinbart|einigten?|empfiehlt|empfehlen|genehmigt|' +
    'decide|convenu|vote|recommandent?|proposent|approuve|' +
    'aprobo|acordo|acordado|decidio|recomiendan?|aconsejan?|proponen?|concluyen?' +
    ')\\b',
);
const COURTESY = /\b(?:thanks?|hope|sorry|welcomed?|danke?|hoffe|merci|espere|gracias)\b/;
/* Within the first words: "X is a …", "This package provides …". */
const DEFINES = new RegExp(
  '^(?:\\S+\\s){0,7}?(?:is|are|ist|sind|est|sont|es|son)\\s(?:an?|the|one|eine?|das|der|die|une?|les?|la|una?|el)\\s|' +
    '^(?:\\S+\\s){0,4}?(?:provides|implements|offers|allows|enables|contains|supports|lets|helps|aims|includes|adds|' +
    'bietet|ermoglicht|enthalt|fournit|permet|contient|offre|ofrece|permite|contiene)\\s',
);
const REFERS_BACK =
  /^(?:It|This|These|That|Those|They|He|She|His|Her|Their|Its|But|And|Er|Sie|Es|Dies\p{L}*|Aber|Und|Il|Elle|Ils|Elles|Ce|Cette|Ces|Mais|Ella|Ellos|Este|Esta|Esto|Pero|Y)\b/u;

export interface WeighedSentence {
  readonly text: string;
  /** Place among the sentences that may stand in a summary, from 0. */
  readonly position: number;
  readonly wordCount: number;
}

/** A factor for a sentence; 1 for an ordinary one. */
export function sentenceWeight({ text, position, wordCount }: WeighedSentence): number {
  const plain = withoutAccents(text).toLowerCase();
  const announces = CUES.test(plain);
  /* The first sentence has nothing to refer back to; "It was agreed …" does not. */
  const refers = position > 0 && !announces && REFERS_BACK.test(text);
  return (
    Math.min(1, wordCount / FULL_LENGTH, LONGEST / wordCount) *
    (announces ? CUE : 1) *
    (refers ? REFERRING : 1) *
    (COURTESY.test(plain) ? COURTEOUS : 1) *
    (/\p{Nd}/u.test(text) ? NUMBER : 1) *
    (position === 0 ? OPENING * (DEFINES.test(plain) ? DEFINING : 1) : 1)
  );
}

/** Whether a sentence says, in its first words, what its subject is or does: "X is a …". */
export function definesSubject(text: string): boolean {
  return DEFINES.test(withoutAccents(text).toLowerCase());
}

function withoutAccents(text: string): string {
  return /[^ -~]/.test(text) ? text.normalize('NFD').replace(/\p{M}/gu, '') : text;
}
