// A service's document in the state store, proven to have its form.

import * as v from 'valibot';

import { corrupt, type StateStore } from './state-store.js';

/**
 * The document `name` in the form of `schema`; null where there is none yet.
 *
 * @throws CleanroomError EMULATOR_STATE_CORRUPT if it is there in another form.
 */
export async function loadDocumentAs<const S extends v.GenericSchema>(
  store: StateStore,
  name: string,
  schema: S,
): Promise<v.InferOutput<S> | null> {
  const found = await store.load(name);
  if (found === null) return null;
  const outcome = v.safeParse(schema, found);
  if (outcome.success) return outcome.output;
  const where = outcome.issues.map((issue) => v.getDotPath(issue) ?? 'document').join(', ');
  throw corrupt(`${name}.json`, new Error(`not in the form it was saved in: ${where}`));
}
