// Credentials that `docker login` keeps in config.json, or with the credential helper that it names.

import * as v from 'valibot';

import { fromAnyBase64 } from '../../base/bytes/base64.js';
import { decodeUtf8 } from '../../base/bytes/arrays.js';
import { CleanroomError, describeCause } from '../../base/errors.js';
import { readTextBounded } from '../../base/files/read-bounded.js';
import { askCredentialHelper } from './credential-helper.js';
import { RegistryCredentials } from './registry-credentials.js';

const MAX_CONFIG_BYTES = 1024 * 1024;
const DOCKER_HUB_KEY = 'https://index.docker.io/v1/';

const ConfigSchema = v.looseObject({
  auths: v.optional(
    v.record(
      v.string(),
      v.looseObject({ auth: v.optional(v.string()), identitytoken: v.optional(v.string()) }),
    ),
    {},
  ),
  credHelpers: v.optional(v.record(v.string(), v.string()), {}),
  credsStore: v.optional(v.string()),
});

/**
 * The credentials for `registry` in the config at `path`, or with the helper that it names for it; null if there are none, or no
 * such file.
 *
 * @throws CleanroomError REGISTRY_CREDENTIALS_INVALID
 */
export async function readDockerCredentials(
  path: string,
  registry: string,
): Promise<RegistryCredentials | null> {
  let text: string;
  try {
    text = await readTextBounded(path, MAX_CONFIG_BYTES);
  } catch (cause) {
    if (cause instanceof CleanroomError && cause.code === 'FILE_NOT_FOUND') return null;
    throw cause;
  }
  const { auths, credHelpers, credsStore } = parseConfig(text, path);
  const server = registry === 'docker.io' ? DOCKER_HUB_KEY : registry;
  const helper = credHelpers[server] ?? credHelpers[registry] ?? credsStore;
  const kept = helper === undefined || helper === '' ? null : await askCredentialHelper(helper, server);
  if (kept !== null) return kept;
  const keys = [server, `https://${registry}`, `https://${registry}/v1/`, `https://${registry}/v2/`];
  const entry = keys.map((key) => auths[key]).find((found) => found !== undefined);
  if (entry === undefined) return null;
  if (entry.identitytoken !== undefined && entry.identitytoken !== '')
    return new RegistryCredentials('refresh-token', '', entry.identitytoken);
  return entry.auth === undefined || entry.auth === '' ? null : parseBasic(entry.auth, path);
}

function parseConfig(text: string, path: string): v.InferOutput<typeof ConfigSchema> {
  try {
    return v.parse(ConfigSchema, JSON.parse(text));
  } catch (cause) {
    throw new CleanroomError('REGISTRY_CREDENTIALS_INVALID', `${path}: ${describeCause(cause)}`, { cause });
  }
}

function parseBasic(auth: string, path: string): RegistryCredentials {
  const bytes = fromAnyBase64(auth);
  const text = bytes === null ? null : decodeUtf8(bytes);
  const colon = text?.indexOf(':') ?? -1;
  if (text === null || colon < 1)
    throw new CleanroomError(
      'REGISTRY_CREDENTIALS_INVALID',
      `${path}: an auth is not base64 of USER:PASSWORD`,
    );
  return new RegistryCredentials('password', text.slice(0, colon), text.slice(colon + 1).replace(/\0+$/, ''));
}
