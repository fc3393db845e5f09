// A loaded T5 or BART: its tokenizer and its graphs, from local files only.

import type { Tensor } from 'onnxruntime-node';

import type { ModelDescription } from './model-directory.js';
import { type ModelGraphs, openGraphs } from './model-graphs.js';
import { importRuntime } from './runtime.js';
import { loadTokenizer, type TextTokenizer } from './tokenizer.js';

export interface SequenceModel extends ModelGraphs {
  readonly description: ModelDescription;
  readonly tokenizer: TextTokenizer;
  /** Makes tensors for the sessions. */
  readonly Tensor: typeof Tensor;
}

/**
 * Loads a model; that it fits has been seen before (model-memory.ts). Tokenizer and runtime are imported here, not before; neither is given an address, only file contents and paths.
 *
 * @throws CleanroomError OPTIONAL_PACKAGE_MISSING, MODEL_INVALID, MODEL_TOO_LARGE
 */
export async function loadSequenceModel(description: ModelDescription): Promise<SequenceModel> {
  const tokenizer = await loadTokenizer(description.directory);
  const runtime = await importRuntime();
  const graphs = await openGraphs(runtime.InferenceSession, description);
  return { ...graphs, description, tokenizer, Tensor: runtime.Tensor };
}
