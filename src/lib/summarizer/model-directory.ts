// What a model directory holds, read from its JSON files: family, limits and generation defaults. No weights are touched.

import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';

import * as v from 'valibot';

import { parseStrictJson } from '../base/bytes/strict-json.js';
import { CleanroomError, describeCause } from '../base/errors.js';
import { readTextBounded } from '../base/files/read-bounded.js';
import { type Generation, GenerationSchema, mergeGeneration } from './generation-config.js';
import { chooseGraphs, type GraphFiles, missingGraphs } from './graph-files.js';
import { type ModelSettings, NO_SETTINGS, parseModelSettings, SETTINGS_FILE } from './model-settings.js';

/** A T5 or a BART, or the chain of the two: T5 over chunks, BART over the joined result. */
export type ModelFamily = 't5' | 'bart' | 't5-bart';

const JSON_LIMIT = 64 * 1024 * 1024;
/** Where a tokenizer states no limit (some write 1e30), T5's and BART's smallest. */
const DEFAULT_INPUT_LIMIT = 512;

const count = v.pipe(v.number(), v.integer(), v.minValue(0));

const ConfigSchema = v.looseObject({
  ...GenerationSchema.entries,
  model_type: v.string(),
  is_encoder_decoder: v.optional(v.boolean()),
  vocab_size: count,
  eos_token_id: count,
  pad_token_id: v.optional(v.nullable(count)),
  n_positions: v.optional(v.nullable(count)),
  max_position_embeddings: v.optional(v.nullable(count)),
  d_model: v.optional(v.nullable(count)),
  decoder_layers: v.optional(v.nullable(count)),
  d_kv: v.optional(v.nullable(count)),
  num_heads: v.optional(v.nullable(count)),
  num_layers: v.optional(v.nullable(count)),
  num_decoder_layers: v.optional(v.nullable(count)),
  task_specific_params: v.optional(
    v.nullable(v.looseObject({ summarization: v.optional(GenerationSchema) })),
  ),
});

const TokenizerConfigSchema = v.looseObject({ model_max_length: v.optional(v.nullable(v.number())) });

/** One sequence-to-sequence model as its own files describe it. Token counts include special tokens. */
export interface ModelDescription extends Generation {
  readonly directory: string;
  readonly family: 't5' | 'bart';
  readonly graphs: GraphFiles;
  /** Most tokens that the encoder takes. */
  readonly inputLimit: number;
  /** Layers of the decoder, each of which keeps keys and values of every token. */
  readonly decoderLayers: number;
  /** Numbers of one key or value: all heads together. */
  readonly attentionWidth: number;
  /** Put before every text; from task_specific_params.summarization. */
  readonly prefix: string;
  readonly eosToken: number;
  readonly padToken: number;
  /** What its cleanroom.json says. */
  readonly settings: ModelSettings;
}

/** A directory's models: one, or the two of a chain under `t5/` and `bart/`. */
export interface ModelDirectory {
  readonly family: ModelFamily;
  readonly models: readonly ModelDescription[];
}

/**
 * Reads the description of a model directory: a model at its top, or a chain (`t5/` and `bart/`).
 *
 * @throws CleanroomError MODEL_INVALID naming the missing file or the field; FILE_NOT_FOUND where there is no directory
 */
export async function describeModelDirectory(directory: string): Promise<ModelDirectory> {
  await requireDirectory(directory);
  const [top, t5, bart] = await Promise.all(
    ['config.json', 't5/config.json', 'bart/config.json'].map((name) => exists(join(directory, name))),
  );
  if (top !== true && t5 === true && bart === true) return describeChain(directory);
  const model = await describeModel(directory);
  return { family: model.family, models: [model] };
}

async function describeChain(directory: string): Promise<ModelDirectory> {
  const models = [await describeModel(join(directory, 't5')), await describeModel(join(directory, 'bart'))];
  for (const [index, family] of (['t5', 'bart'] as const).entries()) {
    if (models[index]?.family !== family)
      throw new CleanroomError(
        'MODEL_INVALID',
        `${join(directory, family)} does not contain a ${family} model`,
      );
  }
  return { family: 't5-bart', models };
}

async function describeModel(directory: string): Promise<ModelDescription> {
  const config = await readJson(directory, 'config.json', ConfigSchema);
  const family = familyOf(directory, config.model_type, config.is_encoder_decoder);
  const tokenizer = await readJson(directory, 'tokenizer_config.json', TokenizerConfigSchema);
  const generation = (await exists(join(directory, 'generation_config.json')))
    ? await readJson(directory, 'generation_config.json', GenerationSchema)
    : null;
  if (!(await exists(join(directory, 'tokenizer.json')))) throw missing(directory, 'tokenizer.json');
  const graphs = await findGraphs(directory);
  const task = config.task_specific_params?.summarization ?? {};
  const padToken = config.pad_token_id ?? 0;
  return {
    directory,
    family,
    graphs,
    inputLimit: inputLimitOf(
      tokenizer.model_max_length,
      config.n_positions ?? config.max_position_embeddings,
    ),
    ...shapeOf(family, config),
    prefix: task.prefix ?? config.prefix ?? '',
    eosToken: config.eos_token_id,
    padToken,
    settings: await readSettings(directory),
    ...mergeGeneration(config, generation, task, padToken),
  };
}

async function findGraphs(directory: string): Promise<GraphFiles> {
  const paths = await listGraphPaths(directory);
  const graphs = chooseGraphs(paths);
  if (graphs === null) throw missing(directory, missingGraphs(paths)[0] ?? 'graph');
  return graphs;
}

/** Files beside config.json and in `onnx/`, relative, with `/`: where exports keep their graphs. */
export async function listGraphPaths(directory: string): Promise<ReadonlySet<string>> {
  const beside = await readdir(directory).catch(() => []);
  const below = await readdir(join(directory, 'onnx')).catch(() => []);
  return new Set([...beside, ...below.map((name) => `onnx/${name}`)]);
}

async function readSettings(directory: string): Promise<ModelSettings> {
  const path = join(directory, SETTINGS_FILE);
  if (!(await exists(path))) return NO_SETTINGS;
  const parsed = parseModelSettings(await readModelJson(path));
  if (parsed.settings === null) throw new CleanroomError('MODEL_INVALID', `${path}: ${parsed.fault}`);
  return parsed.settings;
}

function familyOf(directory: string, type: string, encoderDecoder: boolean | undefined): 't5' | 'bart' {
  if ((type === 't5' || type === 'bart') && encoderDecoder !== false) return type;
  throw new CleanroomError(
    'MODEL_INVALID',
    `${directory} contains a model of type ${JSON.stringify(type)}; the summarizer takes t5 and bart`,
  );
}

/* What config.json does not say is what Hugging Face's T5Config and BartConfig take for it. */
function shapeOf(
  family: 't5' | 'bart',
  config: v.InferOutput<typeof ConfigSchema>,
): Pick<ModelDescription, 'decoderLayers' | 'attentionWidth'> {
  if (family === 'bart')
    return { decoderLayers: config.decoder_layers ?? 12, attentionWidth: config.d_model ?? 1024 };
  const decoderLayers = config.num_decoder_layers ?? config.num_layers ?? 6;
  return { decoderLayers, attentionWidth: (config.num_heads ?? 8) * (config.d_kv ?? 64) };
}

function inputLimitOf(tokenizer: number | null | undefined, positions: number | null | undefined): number {
  const stated = [tokenizer, positions].filter(
    (limit): limit is number => typeof limit === 'number' && limit >= 16 && limit <= 65_536,
  );
  return stated.length === 0 ? DEFAULT_INPUT_LIMIT : Math.min(...stated);
}

async function readJson<T extends v.GenericSchema>(
  directory: string,
  name: string,
  schema: T,
): Promise<v.InferOutput<T>> {
  if (!(await exists(join(directory, name)))) throw missing(directory, name);
  const value = await readModelJson(join(directory, name));
  const outcome = v.safeParse(schema, value);
  if (outcome.success) return outcome.output;
  const issue = outcome.issues[0];
  throw new CleanroomError(
    'MODEL_INVALID',
    `${join(directory, name)}: ${v.getDotPath(issue) ?? 'file'}: ${issue.message}`,
  );
}

/** A JSON file of a model. @throws CleanroomError MODEL_INVALID where it is not JSON */
export async function readModelJson(path: string): Promise<unknown> {
  const text = await readTextBounded(path, JSON_LIMIT);
  try {
    return parseStrictJson(text);
  } catch (cause) {
    throw new CleanroomError('MODEL_INVALID', `${path}: ${describeCause(cause)}`, { cause });
  }
}

async function requireDirectory(path: string): Promise<void> {
  const found = await stat(path).catch(() => null);
  if (found === null) throw new CleanroomError('FILE_NOT_FOUND', `${path} does not exist`);
  if (!found.isDirectory())
    throw new CleanroomError('MODEL_INVALID', `${path} is a file; a model is a directory`);
}

async function exists(path: string): Promise<boolean> {
  return (await stat(path).catch(() => null)) !== null;
}

function missing(directory: string, name: string): CleanroomError {
  return new CleanroomError('MODEL_INVALID', `${directory} is not a complete model: it has no ${name}`);
}
