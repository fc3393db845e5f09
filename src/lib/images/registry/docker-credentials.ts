// Credentials that `docker login` keeps in config.json. Credential helpers are programs and are not run.

import * as v from 'valibot';

import { fromAnyBase64 } from '../../bytes/base64.js';
import { decodeUtf8 } from '../../bytes/arrays.js';
import { CleanroomError, describeCause } from '../../errors.js';
import { readTextBounded } from '../../files/read-bounded.js';

/** What a registry is told about us. Never logged; `toJSON` keeps the secret to itself. */
export class RegistryCredentials {
  constructor(
    readonly kind: 'password' | 'refresh-token',
    readonly username: string,
    readonly secret: string,
  ) {}

  toJSON(): string {
    return '[secret]';
  }
}

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
});

/**
 * The credentials for `registry` in the config at `path`; null if there are none, or no such file.
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
  const { auths } = parseConfig(text, path);
  const keys = [registry, `https://${registry}`, `https://${registry}/v1/`, `https://${registry}/v2/`];
  if (registry === 'docker.io') keys.push(DOCKER_HUB_KEY);
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
