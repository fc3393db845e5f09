// A loaded T5 or BART: its tokenizer (transformers.js) and its graphs, from local files only.

import { join } from 'node:path';

import type { Tensor } from 'onnxruntime-node';

import { CleanroomError, describeCause, systemErrorCode } from '../base/errors.js';
import { type ModelDescription, readModelJson } from './model-directory.js';
import { type ModelGraphs, openGraphs, refuseWhatCannotFit } from './model-graphs.js';

/** Text to token ids and back, as the model was trained with. */
export interface TextTokenizer {
  /** Token ids of `text`, special tokens included, `prefix` before it. */
  encode(text: string, prefix: string): readonly number[];
  /** Number of tokens of `text` alone, without special tokens. */
  count(text: string): number;
  /** Text of token ids, special tokens left out. */
  decode(ids: readonly number[]): string;
}

export interface SequenceModel extends ModelGraphs {
  readonly description: ModelDescription;
  readonly tokenizer: TextTokenizer;
  /** Makes tensors for the sessions. */
  readonly Tensor: typeof Tensor;
}

/**
 * Loads a model. Tokenizer and runtime are imported here, not before; neither is given an address, only file contents and paths.
 *
 * @throws CleanroomError OPTIONAL_PACKAGE_MISSING, MODEL_INVALID, MODEL_TOO_LARGE
 */
export async function loadSequenceModel(description: ModelDescription): Promise<SequenceModel> {
  await refuseWhatCannotFit(description);
  const tokenizer = await loadTokenizer(description);
  const runtime = await importOptional('onnxruntime-node', () => import('onnxruntime-node'));
  const graphs = await openGraphs(runtime.InferenceSession, description);
  return { ...graphs, description, tokenizer, Tensor: runtime.Tensor };
}

async function loadTokenizer({ directory, family }: ModelDescription): Promise<TextTokenizer> {
  const { T5Tokenizer, BartTokenizer, env } = await importOptional(
    '@huggingface/transformers',
    () => import('@huggingface/transformers'),
  );
  env.allowRemoteModels = false;
  const vocabulary: unknown = await readModelJson(join(directory, 'tokenizer.json'));
  const config = await readModelJson(join(directory, 'tokenizer_config.json'));
  try {
    const Tokenizer = family === 't5' ? T5Tokenizer : BartTokenizer;
    const tokenizer = new Tokenizer(vocabulary, config);
    const specials = specialPattern(tokenizer.all_special_tokens);
    const plain = (text: string): string =>
      specials === null ? text : text.replace(specials, (token) => `${token[0] ?? ''} ${token.slice(1)}`);
    return {
      encode: (text, prefix) => tokenizer.encode(prefix + plain(text)),
      count: (text) => tokenizer.encode(plain(text), { add_special_tokens: false }).length,
      decode: (ids) => tokenizer.decode([...ids], { skip_special_tokens: true }).trim(),
    };
  } catch (cause) {
    throw new CleanroomError(
      'MODEL_INVALID',
      `${join(directory, 'tokenizer.json')}: ${describeCause(cause)}`,
      {
        cause,
      },
    );
  }
}

/* A text that spells "</s>" must not end the input for the model: such spellings are broken up before encoding. */
function specialPattern(tokens: readonly string[]): RegExp | null {
  const spelled = tokens.filter((token) => token.length > 1);
  if (spelled.length === 0) return null;
  return new RegExp(spelled.map((token) => token.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&')).join('|'), 'g');
}

async function importOptional<M>(name: string, load: () => Promise<M>): Promise<M> {
  try {
    return await load();
  } catch (cause) {
    if (systemErrorCode(cause) !== 'ERR_MODULE_NOT_FOUND' && systemErrorCode(cause) !== 'MODULE_NOT_FOUND')
      throw cause;
    throw new CleanroomError(
      'OPTIONAL_PACKAGE_MISSING',
      `the summarizer's package ${name} is not installed`,
      {
        hint: 'Install it: ONNXRUNTIME_NODE_INSTALL=skip npm install @huggingface/transformers@4.3.1 onnxruntime-node@1.30.0',
        cause,
      },
    );
  }
}
