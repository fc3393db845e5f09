// Fetching a model from a hub: only the files that the summarizer reads, each resumed where it broke off and checked by digest.

import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { open, rename, rm, stat, statfs } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';

import { makeDirectory } from '../base/files/make-directory.js';
import { CleanroomError, systemErrorCode } from '../base/errors.js';
import type { Progress } from '../base/progress.js';
import { inspectModel, type ModelInspection } from '../summarizer/inspect-model.js';
import { chooseGraphs, graphSetFiles, missingGraphs, type Weights } from '../summarizer/graph-files.js';
import { type HubFile, type HubRepository, listRepository, openHubFile } from './model-hub.js';

/** Models by a short name: repositories that hold the layout of transformers.js. */
export const NAMED_MODELS: Readonly<Record<string, string>> = {
  't5-small': 'Xenova/t5-small',
  't5-base': 'Xenova/t5-base',
  'flan-t5-small': 'Xenova/flan-t5-small',
  'distilbart-cnn': 'Xenova/distilbart-cnn-6-6',
  'bart-large-cnn': 'Xenova/bart-large-cnn',
};

const FILES = ['config.json', 'generation_config.json', 'tokenizer.json', 'tokenizer_config.json'];
const OPTIONAL_FILES = ['generation_config.json'];
const MAX_FILE_BYTES = 2 ** 31;

export interface FetchModelRequest {
  /** A name of NAMED_MODELS, or `owner/repository`. */
  readonly name: string;
  readonly hub: string;
  /** Branch, tag or commit. */
  readonly revision: string;
  readonly weights: Weights;
  /** Directory to make; where it is there already, it must be this model. */
  readonly directory: string;
  /** Digest that the whole model must have, `sha256:…`. */
  readonly expectedDigest?: string | undefined;
  readonly signal: AbortSignal;
  readonly progress: Progress;
}

export interface FetchedModel extends Omit<ModelInspection, 'models'> {
  readonly directory: string;
  readonly repository: string;
  readonly commit: string;
  /** Bytes that came over the network; less than `bytes` after a resumed fetch, 0 where the model was there. */
  readonly transferred: number;
  /** As the hub states it; null where it does not. */
  readonly licence: string | null;
  /** Memory that running it takes, about. */
  readonly memoryBytes: number;
}

/**
 * Fetches a model into `<directory>.partial` and renames it once every file has the digest that the hub lists for it and
 * the whole is a model. A second call goes on where the first broke off, and finds a finished one done. Licence, size and the
 * memory that is needed are said before the first byte of a file is asked for.
 *
 * @throws CleanroomError MODEL_UNKNOWN, MODEL_INVALID, MODEL_DIGEST_MISMATCH, SERVICE_UNREACHABLE, SERVICE_REFUSED, FILE_UNWRITABLE, USAGE
 */
export async function fetchModel(wanted: FetchModelRequest): Promise<FetchedModel> {
  wanted.progress.phase('asking the hub');
  const repository = await listRepository(
    wanted.hub,
    repositoryOf(wanted.name),
    wanted.revision,
    wanted.signal,
  );
  const files = selectFiles(repository, wanted.weights);
  const total = files.reduce((sum, file) => sum + file.bytes, 0);
  const facts = {
    directory: wanted.directory,
    repository: repository.repository,
    commit: repository.commit,
    licence: repository.licence,
    memoryBytes: memoryNeeded(total),
  };
  wanted.progress.phase(describeSize(facts, total));
  if (await isThere(wanted.directory)) return finished(wanted, facts, files);
  await refuseFullDisk(wanted.directory, total);
  const partial = `${wanted.directory}.partial`;
  let done = 0;
  let transferred = 0;
  for (const file of files) {
    wanted.progress.phase(`fetching ${file.path}`);
    const advance = (bytes: number): void => wanted.progress.advance((done + bytes) / total);
    transferred += await fetchFile(wanted, repository, file, join(partial, file.path), advance);
    done += file.bytes;
  }
  wanted.progress.phase('checking the model');
  const inspected = await inspectAgreed(partial, wanted.expectedDigest);
  await rename(partial, wanted.directory);
  return { ...facts, ...inspected, transferred };
}

type Facts = Pick<FetchedModel, 'directory' | 'repository' | 'commit' | 'licence' | 'memoryBytes'>;

async function inspectAgreed(
  directory: string,
  expectedDigest: string | undefined,
): Promise<Omit<ModelInspection, 'models'>> {
  const { digest, family, bytes, files } = await inspectModel(directory);
  if (expectedDigest !== undefined && expectedDigest !== digest)
    throw new CleanroomError(
      'MODEL_DIGEST_MISMATCH',
      `the model is ${digest}; agreed on was ${expectedDigest}; it is left in ${directory}`,
    );
  return { digest, family, bytes, files };
}

/* A directory that is there is the model, file by file, or nothing that may be touched. */
async function finished(
  { directory, expectedDigest, progress }: FetchModelRequest,
  facts: Facts,
  files: readonly HubFile[],
): Promise<FetchedModel> {
  progress.phase('checking the files');
  for (const file of files) {
    const path = join(directory, file.path);
    if ((await sizeOf(path)) !== file.bytes || !(await matches(path, file)))
      throw new CleanroomError(
        'USAGE',
        `${directory} is there already, and its ${file.path} is not the one of ${facts.repository}`,
        { hint: 'Name another directory with --out, or remove it.' },
      );
  }
  return { ...facts, ...(await inspectAgreed(directory, expectedDigest)), transferred: 0 };
}

/* Weights, what the runtime makes of them, and room for a text; measured at the geometries of bench/real-size. */
function memoryNeeded(total: number): number {
  return Math.round(2 * total + 200e6);
}

function describeSize({ repository, licence, memoryBytes }: Facts, total: number): string {
  const terms = licence === null ? 'the hub states no licence' : `licence ${licence}`;
  return `${repository}: ${terms}, ${(total / 1e6).toFixed(0)} MB; running it takes about ${(memoryBytes / 1e9).toFixed(1)} GB of memory`;
}

async function refuseFullDisk(directory: string, total: number): Promise<void> {
  const parent = dirname(resolve(directory));
  await makeDirectory(parent);
  const { bavail, bsize } = await statfs(parent);
  if (bavail * bsize < total)
    throw new CleanroomError(
      'FILE_UNWRITABLE',
      `the model has ${total} bytes; ${bavail * bsize} are free beside ${directory}`,
    );
}

function repositoryOf(name: string): string {
  const named = Object.hasOwn(NAMED_MODELS, name) ? NAMED_MODELS[name] : undefined;
  if (named !== undefined) return named;
  if (/^[A-Za-z0-9][\w.-]*\/[A-Za-z0-9][\w.-]*$/.test(name)) return name;
  throw new CleanroomError(
    'MODEL_UNKNOWN',
    `there is no model named ${JSON.stringify(name)}; there are ${Object.keys(NAMED_MODELS).join(', ')}`,
  );
}

/* Names come from our lists, never from the hub: no answer can choose where a file is written. */
function selectFiles({ repository, files }: HubRepository, weights: Weights): readonly HubFile[] {
  const listed = new Map(files.map((file) => [file.path, file]));
  const paths = new Set(listed.keys());
  const graphs = chooseGraphs(paths, weights);
  const wanted = graphs === null ? missingGraphs(paths, weights) : graphSetFiles(graphs, paths);
  return [...FILES, ...wanted].flatMap((path) => {
    const file = listed.get(path);
    if (file === undefined && OPTIONAL_FILES.includes(path)) return [];
    if (file === undefined)
      throw new CleanroomError(
        'MODEL_INVALID',
        `${repository} has no ${path}: it is not in the layout of transformers.js, or has no weights of that precision`,
        { hint: 'Name another precision with --weights, or another repository.' },
      );
    if (file.bytes > MAX_FILE_BYTES)
      throw new CleanroomError(
        'MODEL_TOO_LARGE',
        `${repository}: ${path} is larger than ${MAX_FILE_BYTES} bytes`,
      );
    return [file];
  });
}

/* Bytes that came over the network. Damage is found at the end of the file, which then goes, so that the next call starts afresh. */
async function fetchFile(
  { hub, signal }: FetchModelRequest,
  repository: HubRepository,
  file: HubFile,
  target: string,
  advance: (bytes: number) => void,
): Promise<number> {
  await makeDirectory(dirname(target));
  const present = await sizeOf(target);
  let transferred = 0;
  if (present !== file.bytes) {
    const offset = present < file.bytes ? present : 0;
    const { from, body } = await openHubFile(hub, repository, file.path, offset, signal);
    transferred = await append(body, target, from, file, signal, advance);
  }
  if (await matches(target, file)) return transferred;
  await rm(target);
  throw new CleanroomError(
    'MODEL_DIGEST_MISMATCH',
    `${file.path} does not have the digest that the hub lists for it; it was thrown away`,
    { hint: 'Run the same command again; if it happens again, the hub or the way to it alters files.' },
  );
}

async function append(
  body: AsyncIterable<Uint8Array>,
  target: string,
  from: number,
  file: HubFile,
  signal: AbortSignal,
  advance: (bytes: number) => void,
): Promise<number> {
  const output = await open(target, from === 0 ? 'w' : 'r+');
  let position = from;
  try {
    for await (const chunk of body) {
      signal.throwIfAborted();
      if (position + chunk.length > file.bytes)
        throw new CleanroomError(
          'SERVICE_REFUSED',
          `the hub sent more than the ${file.bytes} bytes of ${file.path}`,
        );
      await output.write(chunk, 0, chunk.length, position);
      position += chunk.length;
      advance(position);
    }
    await output.sync();
  } catch (cause) {
    if (signal.aborted) throw signal.reason;
    if (cause instanceof CleanroomError) throw cause;
    if (systemErrorCode(cause) === 'ENOSPC')
      throw new CleanroomError('FILE_UNWRITABLE', `no space is left for ${target}`, { cause });
    throw new CleanroomError(
      'SERVICE_UNREACHABLE',
      `the connection broke in ${file.path} at byte ${position}`,
      {
        hint: 'Run the same command again to resume.',
        cause,
      },
    );
  } finally {
    await output.close();
  }
  if (position < file.bytes)
    throw new CleanroomError('SERVICE_UNREACHABLE', `the hub stopped in ${file.path} at byte ${position}`, {
      hint: 'Run the same command again to resume.',
    });
  return position - from;
}

/* Git names a blob by SHA-1 over "blob <size>\0" and the content. */
async function matches(path: string, { bytes, digest }: HubFile): Promise<boolean> {
  const hash = createHash(digest.algorithm === 'sha256' ? 'sha256' : 'sha1');
  if (digest.algorithm === 'git-sha1') hash.update(`blob ${bytes}\0`);
  for await (const chunk of createReadStream(path)) hash.update(chunk as Buffer);
  return hash.digest('hex') === digest.hex;
}

async function sizeOf(path: string): Promise<number> {
  return (await stat(path).catch(() => null))?.size ?? 0;
}

async function isThere(path: string): Promise<boolean> {
  return (await stat(path).catch(() => null)) !== null;
}
