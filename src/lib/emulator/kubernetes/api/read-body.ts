// A request's body as an object, by its content type.

import { parse } from 'yaml';

import { decodeUtf8 } from '../../../base/bytes/arrays.js';
import type { Json } from '../../../base/bytes/canonical-json.js';
import { parseStrictJson } from '../../../base/bytes/strict-json.js';
import { readBody } from '../../http/serve.js';
import type { OpenApiCall } from './api-call.js';
import { ApiError } from './api-error.js';

/* etcd takes no larger request. */
const MAX_BYTES = 3 * 1024 * 1024;

export interface SentBody {
  /** Without parameters; `application/json` where none is said. */
  readonly type: string;
  readonly value: Json;
}

/** Null where there is none. @throws ApiError BadRequest, UnsupportedMediaType */
export async function readSentBody({ request }: OpenApiCall): Promise<SentBody | null> {
  const bytes = await readBody(request, MAX_BYTES);
  if (bytes === null)
    throw new ApiError('BadRequest', `limit of ${MAX_BYTES} bytes for a request is exceeded`);
  if (bytes.length === 0) return null;
  const type = (request.headers['content-type'] ?? 'application/json').split(';')[0]?.trim() ?? '';
  const text = decodeUtf8(bytes);
  if (text === null || !/[/+](?:json|yaml)$/.test(type))
    throw new ApiError('UnsupportedMediaType', `the body of the request was in an unknown format: ${type}`);
  try {
    return { type, value: type.endsWith('yaml') ? fromYaml(text) : parseStrictJson(text) };
  } catch {
    throw new ApiError('BadRequest', 'the object provided is unrecognized: it is no JSON, and no YAML');
  }
}

function fromYaml(text: string): Json {
  return parse(text, { uniqueKeys: true, maxAliasCount: 50 }) as Json;
}
