// What a sentence's words say about its weight, beside its place and centrality: length, opening, and words that announce a
// decision or a result (the "cue method" of Edmundson, 1969). The factors were chosen on the texts of bench:quality.

/** A shorter sentence says little, a longer one is cut. */
const FULL_LENGTH = 14;
const LONGEST = 35;
const CUE_BONUS = 2;
/** Where a sentence opens with a word that refers back, what it refers to would be missing. */
const REFERRING = 0.8;

/* English, German, French and Spanish; without accents. */
const CUE = new RegExp(
  '\\b(?:' +
    'decided|agreed|resolved|approved|recommends?|recommended|proposes?|concludes?|concluded|' +
    'beschloss|beschlossen|vereinbart|empfiehlt|empfehlen|genehmigt|' +
    'decide|convenu|recommandent?|propose|approuve|adopte|' +
    'aprobo|acordo|decidio|recomiendan?|proponen?|concluyen?' +
    ')\\b',
);
const REFERS_BACK =
  /^(?:It|This|These|That|Those|They|He|She|His|Her|Their|Its|But|And|Er|Sie|Es|Dies\p{L}*|Aber|Und|Il|Elle|Ils|Elles|Ce|Cette|Ces|Mais|Ella|Ellos|Este|Esta|Esto|Pero|Y)\b/u;

/** A factor for a sentence of `wordCount` words; 1 for an ordinary one. */
export function sentenceWeight(text: string, wordCount: number): number {
  const length = Math.min(1, wordCount / FULL_LENGTH, LONGEST / wordCount);
  return length * (announces(text) ? CUE_BONUS : 1) * (REFERS_BACK.test(text) ? REFERRING : 1);
}

function announces(text: string): boolean {
  return CUE.test(text.normalize('NFD').replace(/\p{M}/gu, '').toLowerCase());
}
