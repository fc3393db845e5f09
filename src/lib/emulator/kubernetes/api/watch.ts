// A watch: what is there, then each change as it happens, a JSON object a line, until the client or the emulator ends it.

import type { ServerResponse } from 'node:http';

import type { ObjectChange } from '../objects/object-store.js';
import type { ClusterObject, Resource } from '../objects/objects.js';
import type { ApiCall } from './api-call.js';
import { ApiError } from './api-error.js';

export interface Watched {
  readonly resource: Resource;
  readonly selects: (object: ClusterObject) => boolean;
  /** As the client asked for it: itself, or a table. */
  readonly render: (object: ClusterObject) => unknown;
  /** What a bookmark says that it is. */
  readonly bookmark: { readonly kind: string; readonly apiVersion: string };
}

const INITIAL_EVENTS_END = 'k8s.io/initial-events-end';

/** @throws ApiError Expired where changes since the client's version are forgotten */
export async function answerWatch(call: ApiCall, watched: Watched): Promise<void> {
  const { response, query, options } = call;
  const { objects } = options;
  const from = query.get('resourceVersion') ?? '';
  const initial = query.get('sendInitialEvents') === 'true';
  const past = from === '' || from === '0' || initial ? null : objects.since(Number(from));
  if (past === null && !(from === '' || from === '0' || initial))
    throw new ApiError('Expired', `too old resource version: ${from} (${objects.version()})`);
  const lines = openLines(response);
  const tell = ({ resource, type, object }: Pick<ObjectChange, 'resource' | 'type' | 'object'>): void => {
    if (resource === watched.resource && watched.selects(object))
      lines.write({ type, object: watched.render(object) });
  };
  const ended = new Promise<void>((resolve) => {
    const timeout = Number(query.get('timeoutSeconds') ?? 0);
    const timer = timeout > 0 ? setTimeout(resolve, timeout * 1000) : null;
    const end = (): void => {
      if (timer !== null) clearTimeout(timer);
      resolve();
    };
    response.once('close', end);
    options.signal.addEventListener('abort', end, { once: true });
    if (options.signal.aborted) end();
  });
  if (past === null)
    for (const object of objects.list(watched.resource, null))
      tell({ resource: watched.resource, type: 'ADDED', object });
  else past.forEach(tell);
  if (initial) lines.write(bookmark(watched, objects.version()));
  const unsubscribe = objects.subscribe(tell);
  await ended;
  unsubscribe();
  lines.end();
}

function bookmark({ bookmark: { kind, apiVersion } }: Watched, version: number): unknown {
  return {
    type: 'BOOKMARK',
    object: {
      kind,
      apiVersion,
      metadata: { resourceVersion: String(version), annotations: { [INITIAL_EVENTS_END]: 'true' } },
    },
  };
}

function openLines(response: ServerResponse): { write(value: unknown): void; end(): void } {
  response.writeHead(200, { 'content-type': 'application/json', 'cache-control': 'no-cache, private' });
  response.flushHeaders();
  return {
    write: (value) => {
      if (!response.writableEnded) response.write(`${JSON.stringify(value)}\n`);
    },
    end: () => {
      response.end();
    },
  };
}
