// A loaded T5 or BART: its tokenizer (transformers.js) and its two ONNX sessions, from local files only.

import { availableParallelism, freemem } from 'node:os';
import { join } from 'node:path';
import { stat } from 'node:fs/promises';

import type { InferenceSession, Tensor } from 'onnxruntime-node';

import { CleanroomError, describeCause, systemErrorCode } from '../errors.js';
import { DECODER_FILE, ENCODER_FILE, type ModelDescription, readModelJson } from './model-directory.js';

/** Text to token ids and back, as the model was trained with. */
export interface TextTokenizer {
  /** Token ids of `text`, special tokens included, `prefix` before it. */
  encode(text: string, prefix: string): readonly number[];
  /** Number of tokens of `text` alone, without special tokens. */
  count(text: string): number;
  /** Text of token ids, special tokens left out. */
  decode(ids: readonly number[]): string;
}

export interface SequenceModel {
  readonly description: ModelDescription;
  readonly tokenizer: TextTokenizer;
  readonly encoder: InferenceSession;
  readonly decoder: InferenceSession;
  /** Makes tensors for the sessions. */
  readonly Tensor: typeof Tensor;
  release(): Promise<void>;
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
  const open = (file: string): Promise<InferenceSession> =>
    openSession(runtime.InferenceSession, join(description.directory, file));
  const encoder = await open(ENCODER_FILE);
  const decoder = await open(DECODER_FILE);
  return {
    description,
    tokenizer,
    encoder,
    decoder,
    Tensor: runtime.Tensor,
    release: async () => {
      await encoder.release();
      await decoder.release();
    },
  };
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

async function openSession(sessions: typeof InferenceSession, path: string): Promise<InferenceSession> {
  try {
    return await sessions.create(path, {
      executionProviders: ['cpu'],
      intraOpNumThreads: availableParallelism(),
      interOpNumThreads: 1,
      logSeverityLevel: 3,
    });
  } catch (cause) {
    const message = describeCause(cause);
    if (/bad_alloc|allocat|memory/i.test(message))
      throw new CleanroomError('MODEL_TOO_LARGE', `${path} could not be loaded: out of memory`, { cause });
    throw new CleanroomError('MODEL_INVALID', `${path} is not an ONNX model that can be run: ${message}`, {
      cause,
    });
  }
}

async function refuseWhatCannotFit({ directory }: ModelDescription): Promise<void> {
  let needed = 0;
  for (const file of [ENCODER_FILE, DECODER_FILE]) needed += (await stat(join(directory, file))).size;
  const constrained = process.constrainedMemory();
  const available =
    constrained > 0 ? Math.min(freemem(), constrained - process.memoryUsage.rss()) : freemem();
  if (needed > available)
    throw new CleanroomError(
      'MODEL_TOO_LARGE',
      `the weights in ${directory} take ${megabytes(needed)} MB; ${megabytes(available)} MB are free`,
    );
}

function megabytes(bytes: number): string {
  return String(Math.max(0, Math.ceil(bytes / 1e6)));
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
