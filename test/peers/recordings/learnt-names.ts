// What pseudonyms of a recording stand for here: names that the local services gave, learnt from answers side by side.

import { PSEUDONYM } from '../../../src/lib/azure/recording/pseudonyms.js';

export interface LearntNames {
  /** Compares an answer's recorded value with the local one and keeps what stands in the place of each pseudonym. */
  learn(recorded: unknown, local: unknown): void;
  /** Text with pseudonyms replaced: by what was learnt, else by the place's own, else by themselves. */
  fill(text: string): string;
}

/** @param places - what stands for every pseudonym of a kind (`subscription`), whatever it is. */
export function learntNames(places: Readonly<Record<string, string>>): LearntNames {
  const known = new Map<string, string>();
  const learn = (recorded: unknown, local: unknown): void => {
    if (typeof recorded === 'string' && typeof local === 'string') learnText(known, recorded, local);
    else if (isObject(recorded) && isObject(local))
      for (const [name, inner] of Object.entries(recorded))
        learn(inner, (local as Record<string, unknown>)[name]);
  };
  return {
    learn,
    fill: (text) =>
      text.replaceAll(PSEUDONYM, (whole, kind: string) => places[kind] ?? known.get(whole) ?? whole),
  };
}

/* `https://<host>/keys/key0x…/version0x…` beside the local URL: segment by segment. */
function learnText(known: Map<string, string>, recorded: string, local: string): void {
  const [there, here] = [recorded, local].map((text) => pathOf(text).split('/'));
  if (there === undefined || there.length !== here?.length) return;
  there.forEach((segment, index) => {
    const [pseudonym] = segment.match(PSEUDONYM) ?? [];
    if (pseudonym === segment) known.set(pseudonym, here[index] ?? '');
  });
}

function pathOf(text: string): string {
  return text.replace(/^https:\/\/[^/]*/, '').split('?')[0] ?? '';
}

function isObject(value: unknown): value is object {
  return value !== null && typeof value === 'object';
}
