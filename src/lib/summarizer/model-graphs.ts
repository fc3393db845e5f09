// The ONNX sessions of a model, opened from local files, each checked to be a graph of the kind that decoding needs.

import { availableParallelism } from 'node:os';
import { join } from 'node:path';

import type { InferenceSession } from 'onnxruntime-node';

import { CleanroomError, describeCause } from '../base/errors.js';
import type { ModelDescription } from './model-directory.js';

/** The open graphs of a model. */
export interface ModelGraphs {
  readonly encoder: InferenceSession;
  /** Runs the first step. */
  readonly decoder: InferenceSession;
  /** Runs the later steps; the same session where the model's graph does both. */
  readonly decoderWithPast: InferenceSession;
  release(): Promise<void>;
}

/* Inputs that decoding feeds; a graph that wants another one is of another kind of model. */
const ENCODER_INPUT = /^(?:input_ids|attention_mask)$/;
const DECODER_INPUT =
  /^(?:input_ids|encoder_attention_mask|encoder_hidden_states|use_cache_branch|past_key_values\.\d+\.(?:de|en)coder\.(?:key|value))$/;

/**
 * Opens the graphs of a model.
 *
 * @throws CleanroomError MODEL_INVALID for a file that is no ONNX graph, or one with other inputs, outputs or number types than
 *   decoding knows; MODEL_TOO_LARGE
 */
export async function openGraphs(
  sessions: typeof InferenceSession,
  { directory, graphs }: Pick<ModelDescription, 'directory' | 'graphs'>,
): Promise<ModelGraphs> {
  const opened: InferenceSession[] = [];
  const release = async (): Promise<void> => {
    for (const session of opened) await session.release();
  };
  const open = async (file: string, inputs: RegExp, output: string): Promise<InferenceSession> => {
    const session = await openSession(sessions, join(directory, file));
    opened.push(session);
    requireKnownGraph(session, join(directory, file), inputs, output);
    return session;
  };
  try {
    const encoder = await open(graphs.encoder, ENCODER_INPUT, 'last_hidden_state');
    const decoder = await open(graphs.decoder, DECODER_INPUT, 'logits');
    const decoderWithPast =
      graphs.decoderWithPast === graphs.decoder
        ? decoder
        : await open(graphs.decoderWithPast, DECODER_INPUT, 'logits');
    return { encoder, decoder, decoderWithPast, release };
  } catch (error) {
    await release();
    throw error;
  }
}

function requireKnownGraph(session: InferenceSession, path: string, inputs: RegExp, output: string): void {
  const foreign = session.inputNames.find((name) => !inputs.test(name));
  if (foreign !== undefined) throw unknownGraph(path, `wants an input ${JSON.stringify(foreign)}`);
  if (!session.outputNames.includes(output)) throw unknownGraph(path, `has no output ${output}`);
  const half = [...session.inputMetadata, ...session.outputMetadata].find(
    (value) => value.isTensor && /^(?:bfloat16|float64)$/.test(value.type),
  );
  if (half !== undefined)
    throw unknownGraph(
      path,
      `has ${half.name} in another number type than float32 and float16; export it with one of these`,
    );
}

function unknownGraph(path: string, what: string): CleanroomError {
  return new CleanroomError('MODEL_INVALID', `${path} is not a graph of a T5 or BART: it ${what}`);
}

async function openSession(sessions: typeof InferenceSession, path: string): Promise<InferenceSession> {
  try {
    return await sessions.create(path, {
      executionProviders: ['cpu'],
      intraOpNumThreads: availableParallelism(),
      interOpNumThreads: 1,
      // Threads that wait in a loop take the cores from the other graph's.
      // The file is ONNX, which was walked, and not onnxruntime's own format, whatever its first bytes say.
      extra: { session: { intra_op: { allow_spinning: '0' }, load_model_format: 'ONNX' } },
      logSeverityLevel: 4,
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
