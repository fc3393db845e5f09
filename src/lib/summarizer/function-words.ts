// Function words of four languages: they tell a language, and say nothing about a text's subject.

export type Language = 'en' | 'de' | 'fr' | 'es';

/* In the normal form of words.ts: lower case, no accents, no apostrophes. */
const LISTS: Readonly<Record<Language, string>> = {
  en:
    'the of and to in a is that for it on with as was at by be are this from or an which have has had not but they he she we you i his her their our ' +
    'its were been will would can could should may do does did who what when where there than then so if no more all any into about after before over ' +
    'cant couldnt didnt doesnt dont isnt wasnt werent wont wouldnt havent hasnt arent im ive youre theyre thats ' +
    'also them these those because while until such other some only very just between during under each',
  de:
    'der die das und in den von zu mit sich des auf fur ist im dem nicht ein eine als auch es an werden aus er hat dass sie nach wird bei einer um am sind ' +
    'noch wie einem uber einen so zum war haben nur oder aber vor zur bis mehr durch man sein wurde wir ich ihr ihre ihrer seine kann wenn dann weil damit ' +
    'diese dieser dieses keine schon beim vom soll sollen unter zwischen seit gegen ohne wurden uns unsere ihm ihn was wo wer',
  fr:
    'le la les de des du et en un une est que qui dans pour pas sur au aux avec ce ces cette il elle ils elles se sa son ses ne par plus ont ete etre a ou ' +
    'mais comme nous vous leur leurs lui sont fait cela si sans tout tous deja aussi entre apres avant dont y je tu on notre nos votre vos sera seront ' +
    'avait etait etaient quand car donc lorsque depuis sous chez meme d l qu n s',
  es:
    'el la los las de del y a en un una es que por para con no se al lo como mas pero sus su le ya o este esta estos estas si porque cuando muy sin sobre ' +
    'tambien me hasta hay donde quien desde todo todos nos durante uno ni contra ese eso ante ellos e esto antes algunos unos yo otro otras otra ser fue ' +
    'era son han ha sido tiene tienen entre nuestra nuestro cada sera seran pueden puede',
};

const SETS = Object.entries(LISTS).map(
  ([language, list]) => [language as Language, new Set(list.split(' '))] as const,
);
const ALL = new Set(SETS.flatMap(([, words]) => [...words]));

/** Whether a word in normal form is a function word of any of the languages. */
export function isFunctionWord(word: string): boolean {
  return ALL.has(word);
}

/** A language is told by at least so many of its function words, and so many times more than of any other. */
const LEAST_EVIDENCE = 3;
const CLEAR_LEAD = 1.5;

/**
 * The language of words in normal form, if it is one of the four and clear.
 *
 * @returns null for few function words, or where two languages have about equally many.
 */
export function languageOf(words: readonly string[]): Language | null {
  const counts = SETS.map(
    ([language, set]) => [language, words.reduce((sum, word) => sum + (set.has(word) ? 1 : 0), 0)] as const,
  ).sort((a, b) => b[1] - a[1]);
  const [first, second] = counts;
  if (first === undefined || second === undefined || first[1] < LEAST_EVIDENCE) return null;
  return first[1] >= CLEAR_LEAD * second[1] ? first[0] : null;
}
