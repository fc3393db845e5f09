// cleanroom.json: what the summarizer should know of a model and its other files do not say. It is part of the model's digest.

import * as v from 'valibot';

const SettingsSchema = v.strictObject({
  version: v.literal(1),
  /** Of a text that the model cannot take whole: all of it, part by part, or its central sentences. */
  input: v.optional(v.picklist(['whole-text', 'central-sentences'])),
  /** Central sentences of a part that are given to the model together. */
  inputSentences: v.optional(v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(50))),
  beams: v.optional(v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(8))),
  /** How long a whole summary gets, in the model's tokens, where nobody says otherwise. */
  summaryTokens: v.optional(v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(4096))),
  /** How much of a source a summary usually has word for word: the longest run of words that is to be expected, … */
  usualCopiedWords: v.optional(v.pipe(v.number(), v.integer(), v.minValue(0))),
  /** … and the share of its words that stand in such runs. */
  usualCopiedShare: v.optional(v.pipe(v.number(), v.minValue(0), v.maxValue(1))),
});

export type ModelSettings = v.InferOutput<typeof SettingsSchema>;

export const SETTINGS_FILE = 'cleanroom.json';

/** Settings of a model without the file: everything is the family's default. */
export const NO_SETTINGS: ModelSettings = { version: 1 };

/** Reads the settings. @returns null and where the fault is, for another form */
export function parseModelSettings(
  value: unknown,
): { readonly settings: ModelSettings } | { readonly settings: null; readonly fault: string } {
  const outcome = v.safeParse(SettingsSchema, value);
  if (outcome.success) return { settings: outcome.output };
  const issue = outcome.issues[0];
  return { settings: null, fault: `${v.getDotPath(issue) ?? 'file'}: ${issue.message}` };
}
