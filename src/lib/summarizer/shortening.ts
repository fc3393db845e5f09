// Sentences that a copying model shortened too much: what is left of one says something else, or nothing. "The barley survives
// six weeks" of "… six weeks without rain"; "A fifth more than before." of a sentence whose verb is gone.

import { definesSubject } from './sentence-weight.js';
import { FROM_ONE, wordsInOrder } from './splice.js';
import { words } from './words.js';

/** A sentence that keeps less of its source is a stump of it; of a source that is longer than an ordinary sentence, less of that. */
export const LEAST_KEPT = 0.4;
const ORDINARY = 22;
/* What may begin where a shortened sentence ends: another clause, or when. */
const JOINS = new Set(
  (
    'and or but nor so because while when where which who that though although since until before after during if as than then ' +
    'und oder aber denn weil da wenn wobei während bevor nachdem bis dass sowie et ou mais car donc parce puisque quand avant après pendant depuis si que qui ' +
    'y e o u pero porque cuando si que antes después tras durante desde aunque sino'
  )
    .split(' ')
    .flatMap(words),
);
const BREAKS_AFTER = /[\p{P}\p{S}]$/u;
const BREAKS_BEFORE = /^[\p{P}\p{S}]/u;

/**
 * Whether a sentence is one of the source's with too much taken out, or with its end cut off inside a phrase.
 *
 * @param sentence - of a summary.
 * @param source - sentences of the text that was summarized.
 */
export function isStump(sentence: string, source: readonly string[]): boolean {
  const own = words(sentence);
  const origins = source.filter((text) => wordsInOrder(own, words(text)) >= FROM_ONE * own.length);
  if (origins.length === 0) return false;
  /* "X is a Y." is short and whole. */
  const least = definesSubject(sentence) ? 0 : LEAST_KEPT;
  return origins.every(
    (origin) =>
      own.length < least * Math.min(ORDINARY, words(origin).length) || endsInsidePhrase(own, origin),
  );
}

/* Its last two words stand in the source, but nowhere before a border of clauses. */
function endsInsidePhrase(own: readonly string[], origin: string): boolean {
  const parts = origin.split(/\s+/u).flatMap((raw, part, all) => {
    const ofPart = words(raw);
    const next = all[part + 1] ?? '';
    const [follower = ''] = words(next);
    const isBorder = next === '' || BREAKS_AFTER.test(raw) || BREAKS_BEFORE.test(next) || JOINS.has(follower);
    return ofPart.map((word, at) => ({ word, isBorder: at === ofPart.length - 1 && isBorder }));
  });
  const ends = parts.filter(
    ({ word }, at) => word === own.at(-1) && (at === 0 || parts[at - 1]?.word === own.at(-2)),
  );
  return ends.length > 0 && !ends.some(({ isBorder }) => isBorder);
}
