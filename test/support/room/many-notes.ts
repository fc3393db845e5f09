// Any number of small documents, no two of them alike.

const WORDS = [
  'harbour',
  'ferry',
  'orchard',
  'timetable',
  'crews',
  'winter',
  'islands',
  'pears',
  'wells',
  'slopes',
];

/** Documents of some 1,000 characters each, by name. */
export function manyNotes(count: number): Readonly<Record<string, string>> {
  return Object.fromEntries(Array.from({ length: count }, (_, n) => [`note-${n}.txt`, note(n)]));
}

function note(n: number): string {
  const word = (at: number): string => WORDS[at % WORDS.length] ?? '';
  const sentence = (line: number): string =>
    `Site ${n} of the ${word(n + line)} board counted ${n + line} ${word(n * 7 + line)} and decided on the ` +
    `${word(n + 3 * line)} in week ${(n * line) % 50} of the year.`;
  return Array.from({ length: 10 }, (_, line) => sentence(line)).join(' ');
}
