// The part of the Hugging Face hub's HTTP API that fetching a model needs: commit of a revision, file tree, files by range.

import { setTimeout } from 'node:timers/promises';

import * as v from 'valibot';

import { parseStrictJson } from '../base/bytes/strict-json.js';
import { CleanroomError, describeCause } from '../base/errors.js';
import { HttpFailure, readBody } from '../http/exchange.js';
import { type FollowedAnswer, openFollowing } from '../http/redirects.js';

export const DEFAULT_HUB = 'https://huggingface.co';

const MAX_JSON_BYTES = 8 * 1024 * 1024;
const JSON_TIMEOUT_MS = 60_000;
/* Of silence, not of the whole transfer. */
const IDLE_TIMEOUT_MS = 60_000;

/* A hub that limits its callers says when to come back; so often, and so long, it is waited for. */
const MOST_TRIES = 5;
const LONGEST_WAIT_SECONDS = 60;

const RevisionSchema = v.looseObject({
  sha: v.pipe(v.string(), v.regex(/^[0-9a-f]{40}$/)),
  cardData: v.optional(v.nullable(v.looseObject({ license: v.optional(v.unknown()) }))),
});
const TreeSchema = v.array(
  v.looseObject({
    type: v.string(),
    path: v.string(),
    size: v.pipe(v.number(), v.integer(), v.minValue(0)),
    /** SHA-1 of the git blob. */
    oid: v.string(),
    /** For files in large-file storage: SHA-256 and size of the content. */
    lfs: v.optional(v.looseObject({ oid: v.pipe(v.string(), v.regex(/^[0-9a-f]{64}$/)) })),
  }),
);

/** A file of a hub repository at one commit, with the digest that its bytes must have. */
export interface HubFile {
  readonly path: string;
  readonly bytes: number;
  readonly digest: { readonly algorithm: 'sha256' | 'git-sha1'; readonly hex: string };
}

export interface HubRepository {
  readonly repository: string;
  /** Commit that the revision stood for when it was asked. */
  readonly commit: string;
  /** As its card states it; null where it does not. */
  readonly licence: string | null;
  readonly files: readonly HubFile[];
}

/**
 * Lists a repository at the commit of `revision`.
 *
 * @throws CleanroomError MODEL_UNKNOWN, SERVICE_UNREACHABLE, SERVICE_REFUSED, USAGE for a hub that is neither https nor loopback
 */
export async function listRepository(
  hub: string,
  repository: string,
  revision: string,
  signal: AbortSignal,
): Promise<HubRepository> {
  const api = `${hub}/api/models/${repository}`;
  const { sha, cardData } = await getJson(
    `${api}/revision/${encodeURIComponent(revision)}`,
    RevisionSchema,
    signal,
  );
  const tree = await getJson(`${api}/tree/${sha}?recursive=true`, TreeSchema, signal);
  const files = tree
    .filter((entry) => entry.type === 'file')
    .map(({ path, size, oid, lfs }): HubFile => {
      const digest =
        lfs === undefined
          ? ({ algorithm: 'git-sha1', hex: oid } as const)
          : ({ algorithm: 'sha256', hex: lfs.oid } as const);
      return { path, bytes: size, digest };
    });
  return { repository, commit: sha, licence: licenceOf(cardData?.license), files };
}

/* One word, or a list of them. */
function licenceOf(stated: unknown): string | null {
  const names = [stated]
    .flat()
    .filter((name): name is string => typeof name === 'string' && /^[\w .+-]{1,60}$/.test(name));
  return names.length === 0 ? null : names.join(', ');
}

/** The bytes of a file from `offset` on; the server may begin at 0 all the same, which `from` tells. */
export async function openHubFile(
  hub: string,
  { repository, commit }: HubRepository,
  path: string,
  offset: number,
  signal: AbortSignal,
): Promise<{ readonly from: number; readonly body: AsyncIterable<Uint8Array> }> {
  const headers: Record<string, string> = offset === 0 ? {} : { range: `bytes=${offset}-` };
  const url = `${hub}/${repository}/resolve/${commit}/${path}`;
  const answer = await get(url, headers, signal);
  return { from: answer.status === 206 ? offset : 0, body: told(url, answer.body) };
}

async function* told(url: string, body: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  try {
    yield* body;
  } catch (cause) {
    throw hubFailure(url, cause);
  }
}

async function getJson<T extends v.GenericSchema>(
  url: string,
  schema: T,
  signal: AbortSignal,
): Promise<v.InferOutput<T>> {
  const answer = await get(url, {}, AbortSignal.any([signal, AbortSignal.timeout(JSON_TIMEOUT_MS)]));
  const text = await readText(url, answer);
  const outcome = v.safeParse(schema, parseAnswer(url, text));
  if (outcome.success) return outcome.output;
  throw new CleanroomError('SERVICE_REFUSED', `${url}: ${outcome.issues[0].message}`);
}

async function readText(url: string, answer: FollowedAnswer): Promise<string> {
  try {
    return new TextDecoder().decode(await readBody(answer, MAX_JSON_BYTES));
  } catch (cause) {
    throw hubFailure(url, cause);
  }
}

function parseAnswer(url: string, text: string): unknown {
  try {
    return parseStrictJson(text);
  } catch (cause) {
    throw new CleanroomError('SERVICE_REFUSED', `${url}: ${describeCause(cause)}`, { cause });
  }
}

/* Redirects lead to content servers; what comes from there is checked by digest. No credential is ever sent. */
async function get(
  url: string,
  headers: Readonly<Record<string, string>>,
  signal: AbortSignal,
): Promise<FollowedAnswer> {
  let answer = await send(url, headers, signal);
  for (let tries = 1; (answer.status === 429 || answer.status === 503) && tries < MOST_TRIES; tries++) {
    answer.discard();
    const stated = Number(answer.headers['retry-after'] ?? tries);
    const seconds = Math.min(LONGEST_WAIT_SECONDS, Number.isFinite(stated) ? Math.max(0, stated) : tries);
    await setTimeout(1000 * seconds, undefined, { signal });
    answer = await send(url, headers, signal);
  }
  if (answer.status >= 200 && answer.status < 300) return answer;
  answer.discard();
  if (answer.status === 404 || answer.status === 401)
    throw new CleanroomError('MODEL_UNKNOWN', `the hub has no ${new URL(url).pathname} (${answer.status})`);
  throw new CleanroomError('SERVICE_REFUSED', `the hub answered ${answer.status} to ${url}`);
}

async function send(
  url: string,
  headers: Readonly<Record<string, string>>,
  signal: AbortSignal,
): Promise<FollowedAnswer> {
  const request = { method: 'GET', url, headers, signal, idleTimeoutMs: IDLE_TIMEOUT_MS } as const;
  try {
    return await openFollowing(request, refusePlainHttp);
  } catch (cause) {
    throw hubFailure(url, cause);
  }
}

function hubFailure(url: string, cause: unknown): unknown {
  const isSilent = cause instanceof DOMException && cause.name === 'TimeoutError';
  if (!(cause instanceof HttpFailure) && !isSilent) return cause;
  const isRefusal = cause instanceof HttpFailure && (cause.kind === 'too-long' || cause.kind === 'redirects');
  return new CleanroomError(
    isRefusal ? 'SERVICE_REFUSED' : 'SERVICE_UNREACHABLE',
    `${new URL(url).host} ${isSilent ? `does not answer within ${JSON_TIMEOUT_MS} ms` : cause.message}`,
    { hint: 'Check the network, or name a mirror with --hub.', cause },
  );
}

function refusePlainHttp({ protocol, hostname, href }: URL): void {
  const loopback = /^(?:127(?:\.\d{1,3}){3}|localhost|\[::1\])$/.test(hostname);
  if (protocol === 'https:' || (protocol === 'http:' && loopback)) return;
  throw new CleanroomError('USAGE', `${href}: a hub must be https`, {
    hint: 'Give an https address with --hub.',
  });
}
