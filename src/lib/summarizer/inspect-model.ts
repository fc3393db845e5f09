// A model directory for people: its digest, its files, and what its own configuration says.

import { digestOfFiles, listModelFiles, type ModelFile } from './model-digest.js';
import { describeModelDirectory, type ModelDescription, type ModelFamily } from './model-directory.js';

export interface ModelInspection {
  /** `sha256:…`, as contracts name it. */
  readonly digest: string;
  readonly family: ModelFamily;
  readonly bytes: number;
  readonly models: readonly Pick<
    ModelDescription,
    | 'family'
    | 'graphs'
    | 'inputLimit'
    | 'maxLength'
    | 'minLength'
    | 'prefix'
    | 'noRepeatNgram'
    | 'lengthPenalty'
  >[];
  readonly files: readonly ModelFile[];
}

/** Describes and hashes a model directory. @throws CleanroomError MODEL_INVALID, FILE_NOT_FOUND, FILE_UNREADABLE */
export async function inspectModel(directory: string): Promise<ModelInspection> {
  const { family, models } = await describeModelDirectory(directory);
  const files = await listModelFiles(directory);
  return {
    digest: digestOfFiles(files),
    family,
    bytes: files.reduce((sum, file) => sum + file.bytes, 0),
    models: models.map(
      ({ family: own, graphs, inputLimit, maxLength, minLength, prefix, noRepeatNgram, lengthPenalty }) => ({
        family: own,
        graphs,
        inputLimit,
        maxLength,
        minLength,
        prefix,
        noRepeatNgram,
        lengthPenalty,
      }),
    ),
    files,
  };
}

/** The inspection as lines of text. */
export function renderModelInspection({ digest, family, bytes, models, files }: ModelInspection): string {
  return [
    digest,
    `family    ${family}`,
    `size      ${(bytes / 1e6).toFixed(1)} MB in ${files.length} files`,
    ...models.flatMap((model) => [
      `${model.family.padEnd(9)} input up to ${model.inputLimit} tokens, output ${model.minLength} to ${model.maxLength}`,
      `          weights ${model.graphs.weights}, ${model.graphs.decoder === model.graphs.decoderWithPast ? 'one decoder graph' : 'two decoder graphs'}`,
      `          prefix ${JSON.stringify(model.prefix)}, no repeated ${model.noRepeatNgram}-gram, length penalty ${model.lengthPenalty}`,
    ]),
    'files',
    ...files.map((file) => `  ${file.digest}  ${String(file.bytes).padStart(10)}  ${file.path}`),
  ].join('\n');
}
