// Which release an image is: layer by layer, what is the same and what is not.

import type { KnownConfig } from '../../contract/published/releases.js';
import type { MeasuredImage } from '../../cce-policy/measured-image.js';

/** A program that an image may be; as KnownRelease and OwnProgram have it. */
export interface NamedProgram {
  readonly release: string;
  readonly layers: readonly { readonly name: string; readonly rootHash: string }[];
  readonly config: KnownConfig;
}

export interface ComparedLayer {
  /** `model`, or what the release calls it. */
  readonly name: string;
  readonly outcome: 'same' | 'differs' | 'missing' | 'unknown' | 'model';
  /** Root hash that the release has; null for a model and an unknown layer. */
  readonly expected: string | null;
  /** Root hash in the image; null where it is missing. */
  readonly actual: string | null;
}

export interface ProgramVerdict {
  /** The release that every layer and the configuration are those of; null if there is none. */
  readonly release: string | null;
  /** What it was compared with: that release, or the one with most in common. */
  readonly comparedWith: string | null;
  readonly layers: readonly ComparedLayer[];
  /** Members of the image's configuration that differ: `entrypoint`, `env`, `user`, `workingDir`; `Volumes` and the like, which no room has. */
  readonly configuration: readonly string[];
}

/**
 * Compares a measured image with each known program.
 *
 * @param hasModel - whether the image's lowest layer is a model's, which readModelLayer has walked.
 */
export function verifyProgram(
  image: MeasuredImage,
  hasModel: boolean,
  known: readonly NamedProgram[],
): ProgramVerdict {
  const compared = known
    .map((program) => {
      const layers = compareLayers(image, hasModel, program);
      const configuration = compareConfiguration(image, program.config);
      const wrong = layers.filter(({ outcome }) => outcome !== 'same' && outcome !== 'model').length;
      return { program, layers, configuration, wrong };
    })
    .sort((a, b) => a.wrong - b.wrong || a.configuration.length - b.configuration.length);
  const [nearest] = compared;
  if (nearest === undefined)
    return {
      release: null,
      comparedWith: null,
      layers: compareLayers(image, hasModel, null),
      configuration: [],
    };
  const { program, layers, configuration, wrong } = nearest;
  return {
    release: wrong === 0 && configuration.length === 0 ? program.release : null,
    comparedWith: program.release,
    layers,
    configuration,
  };
}

function compareLayers(
  image: MeasuredImage,
  hasModel: boolean,
  program: NamedProgram | null,
): readonly ComparedLayer[] {
  const actual = image.layers.map(({ rootHash }) => rootHash);
  const above = hasModel ? actual.slice(1) : actual;
  const model: readonly ComparedLayer[] = hasModel
    ? [{ name: 'model', outcome: 'model', expected: null, actual: actual[0] ?? null }]
    : [];
  const expected = program?.layers ?? [];
  const count = Math.max(above.length, expected.length);
  return [
    ...model,
    ...Array.from({ length: count }, (_, index): ComparedLayer => {
      const [want, have] = [expected[index], above[index]];
      if (want === undefined)
        return { name: `layer ${index + 1}`, outcome: 'unknown', expected: null, actual: have ?? null };
      const outcome = have === undefined ? 'missing' : have === want.rootHash ? 'same' : 'differs';
      return { name: want.name, outcome, expected: want.rootHash, actual: have ?? null };
    }),
  ];
}

function compareConfiguration({ config }: MeasuredImage, known: KnownConfig): readonly string[] {
  const command = [...(config.entrypoint ?? []), ...(config.cmd ?? [])];
  const pairs = {
    entrypoint: [command, known.entrypoint],
    env: [config.env, known.env],
    user: [config.user, known.user],
    workingDir: [config.workingDir, known.workingDir],
    stopSignal: [config.stopSignal, null],
  };
  const different = Object.entries(pairs)
    .filter(([, [is, was]]) => JSON.stringify(is) !== JSON.stringify(was))
    .map(([name]) => name);
  return [...different, ...(config.further ?? [])];
}

/** For people. */
export function renderProgramVerdict({
  release,
  comparedWith,
  layers,
  configuration,
}: ProgramVerdict): string {
  const first =
    release === null
      ? `no program that is known${comparedWith === null ? '' : `; compared with ${comparedWith}`}`
      : `the room of ${release}`;
  return [
    first,
    ...layers.map(({ name, outcome, expected, actual }) =>
      outcome === 'differs' || outcome === 'missing'
        ? `  ${outcome.padEnd(8)} ${name.padEnd(9)} expected ${expected ?? 'none'}, the image has ${actual ?? 'none'}`
        : `  ${outcome.padEnd(8)} ${name.padEnd(9)} ${actual ?? ''}`,
    ),
    ...configuration.map((member) => `  differs  ${member} of the image's configuration`),
  ].join('\n');
}
