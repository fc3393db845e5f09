// `--require`: ids of statements and checks, several in one by commas.

import { didYouMean } from '../base/closest-name.js';
import { CleanroomError } from '../base/errors.js';

/** The ids, one by one. @throws CleanroomError USAGE for one that is not among `known` */
export function readRequired(lists: readonly string[], known: readonly string[]): readonly string[] {
  const required = lists.flatMap((list) => list.split(','));
  const unknown = required.find((id) => !known.includes(id));
  if (unknown === undefined) return required;
  throw new CleanroomError(
    'USAGE',
    `there is no statement or check ${unknown}.${didYouMean(unknown, known)}`,
    {
      hint: `What can be demanded here: ${known.join(', ')}`,
    },
  );
}
