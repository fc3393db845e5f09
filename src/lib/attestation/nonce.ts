// Where runtime data carries a nonce: a `nonce` member of its JSON, or the data itself being the nonce.

import { decodeUtf8 } from '../base/bytes/arrays.js';
import { toHex } from '../base/bytes/hex.js';
import { parseStrictJson, StrictJsonError } from '../base/bytes/strict-json.js';

/** The nonces that runtime data can be said to answer; none for JSON without the member. */
export function noncesOf(runtimeData: Uint8Array): readonly string[] {
  const text = decodeUtf8(runtimeData);
  const json = text === null ? undefined : readJson(text);
  if (json !== undefined) {
    return typeof json === 'object' && json !== null && 'nonce' in json && typeof json.nonce === 'string'
      ? [json.nonce]
      : [];
  }
  return [...(text === null ? [] : [text]), toHex(runtimeData)];
}

function readJson(text: string): unknown {
  try {
    return parseStrictJson(text);
  } catch (cause) {
    if (cause instanceof StrictJsonError) return undefined;
    throw cause;
  }
}
