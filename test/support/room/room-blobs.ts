// Where a room's blobs are, and what it stored.

import { utf8 } from '../../../src/lib/base/bytes/arrays.js';
import { parseResult, type ResultDocument } from '../../../src/lib/summarizer/result-document.js';
import { openResult } from '../../../src/lib/summarizer/sealed-result.js';
import { type World } from './world.js';

export const ENTRY = '/cleanroom-budget/quarterly-notes.budget.1';

export const RESULT = '/results/quarterly-notes.result.json';

export const SOON = { giveUpAfterMs: 150 };

export async function openStored(world: World): Promise<ResultDocument> {
  const { resultKey } = world.parties.get('contoso')!;
  const sealed = utf8((await world.storage.text(RESULT)) ?? '');
  return parseResult(await openResult(sealed, resultKey.export({ format: 'jwk' })));
}
