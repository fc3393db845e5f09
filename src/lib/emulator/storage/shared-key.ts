// Shared Key signatures, by which the front talks to Azurite for an identity that it has checked itself.

import { createHmac } from 'node:crypto';

/** A request as far as its signature covers it. */
export interface SignableRequest {
  readonly method: string;
  /** Path as it is sent, percent-encoded, beginning with the account (path style). */
  readonly path: string;
  readonly query: URLSearchParams;
  /** Lower-case names. */
  readonly headers: Readonly<Record<string, string | undefined>>;
}

/* In the order of the string to sign. */
const SIGNED_HEADERS = [
  'content-encoding',
  'content-language',
  'content-length',
  'content-md5',
  'content-type',
  'date',
  'if-modified-since',
  'if-match',
  'if-none-match',
  'if-unmodified-since',
  'range',
];

/**
 * Value of `Authorization` for `request`.
 *
 * @param key - account key, base64.
 * @see Azure Storage "Authorize with Shared Key", version 2009-09-19 and later
 */
export function signSharedKey(request: SignableRequest, account: string, key: string): string {
  const standard = SIGNED_HEADERS.map((name) => {
    const value = request.headers[name] ?? '';
    return name === 'content-length' && value === '0' ? '' : value;
  });
  const extension = Object.entries(request.headers)
    .filter((entry): entry is [string, string] => entry[0].startsWith('x-ms-') && entry[1] !== undefined)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, value]) => `${name}:${value.trim()}\n`);
  const resource = [...new Set(request.query.keys())]
    .sort()
    .map((name) => `\n${name.toLowerCase()}:${request.query.getAll(name).sort().join(',')}`);
  const text = `${[request.method, ...standard].join('\n')}\n${extension.join('')}/${account}${request.path}${resource.join('')}`;
  return `SharedKey ${account}:${hmacBase64(key, text)}`;
}

/** HMAC-SHA256 of `text` under a base64 key, base64. */
export function hmacBase64(key: string, text: string): string {
  return createHmac('sha256', Buffer.from(key, 'base64')).update(text, 'utf8').digest('base64');
}
