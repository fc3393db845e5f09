// How a key host asks an attestation service for its keys: OpenID metadata, then what its jwks_uri names, over TLS.

import { get } from 'node:https';

import * as v from 'valibot';

import type { AuthorityResolver } from './managed-hsm/attestation-token.js';

const MAX_BYTES = 1024 * 1024;
const TIMEOUT_MS = 5_000;

const Metadata = v.looseObject({ issuer: v.string(), jwks_uri: v.string() });
const Keys = v.looseObject({
  keys: v.array(v.looseObject({ kid: v.string(), x5c: v.pipe(v.array(v.string()), v.minLength(1)) })),
});

/** Resolves authorities whose TLS certificate is by the emulator's own root: the local Azure knows no others. */
export function createAuthorityResolver(rootPem: string): AuthorityResolver {
  return async (authority) => {
    const metadata = v.parse(
      Metadata,
      await fetchJson(`${authority}/.well-known/openid-configuration`, rootPem),
    );
    const { keys } = v.parse(Keys, await fetchJson(metadata.jwks_uri, rootPem));
    return { issuer: metadata.issuer, keys: keys.map(({ kid, x5c }) => ({ kid, x5c })) };
  };
}

function fetchJson(url: string, ca: string): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const request = get(url, { ca, agent: false, timeout: TIMEOUT_MS }, (response) => {
      if (response.statusCode !== 200) {
        response.resume();
        reject(new Error(`${url} answered ${response.statusCode ?? 0}`));
        return;
      }
      let text = '';
      response.setEncoding('utf8');
      response.on('data', (chunk: string) => {
        text += chunk;
        if (text.length > MAX_BYTES) request.destroy(new Error(`${url} answered too much`));
      });
      response.on('end', () => {
        try {
          resolve(JSON.parse(text));
        } catch (cause) {
          reject(cause instanceof Error ? cause : new Error(String(cause)));
        }
      });
    });
    request.on('timeout', () => request.destroy(new Error(`${url} did not answer`)));
    request.on('error', reject);
  });
}
