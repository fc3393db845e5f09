// Image references: `[registry/]repository[:tag][@sha256:…]` (distribution/reference, the grammar of docker).

import { CleanroomError } from '../../base/errors.js';

export interface ImageReference {
  /** Host, with a port where one is given. */
  readonly registry: string;
  readonly repository: string;
  /** Absent where there is only a digest. */
  readonly tag: string | null;
  /** `sha256:…`; null for a reference that may mean something else tomorrow. */
  readonly digest: string | null;
}

const DOCKER_HUB = 'docker.io';
const REPOSITORY = /^[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*(?:\/[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*)*$/;
const REGISTRY = /^(?:[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?|\[[0-9a-fA-F:]+\])(?::[0-9]{1,5})?$/;
const TAG = /^[A-Za-z0-9_][A-Za-z0-9._-]{0,127}$/;
const DIGEST = /^sha256:[0-9a-f]{64}$/;

/** @throws CleanroomError USAGE */
export function parseImageReference(text: string): ImageReference {
  const [name = '', digest = null] = splitAt(text, text.indexOf('@'));
  const slash = name.lastIndexOf('/');
  const [path = '', tag = null] = splitAt(name, name.indexOf(':', slash + 1));
  const { registry, repository } = splitRegistry(path);
  const isValid =
    REGISTRY.test(registry) &&
    REPOSITORY.test(repository) &&
    repository.length <= 255 &&
    (tag === null || TAG.test(tag)) &&
    (digest === null || DIGEST.test(digest));
  if (!isValid) throw new CleanroomError('USAGE', `${text} is not an image reference`);
  return { registry, repository, tag: tag ?? (digest === null ? 'latest' : null), digest };
}

/** What a registry is asked for: the digest where there is one. */
export function manifestReference({ tag, digest }: ImageReference): string {
  return digest ?? tag ?? 'latest';
}

/** The whole reference as text. */
export function renderReference({ registry, repository, tag, digest }: ImageReference): string {
  return `${registry}/${repository}${tag === null ? '' : `:${tag}`}${digest === null ? '' : `@${digest}`}`;
}

/* A first part with a dot or a port, or `localhost`, is a registry; everything else is on Docker Hub. */
function splitRegistry(path: string): { registry: string; repository: string } {
  const slash = path.indexOf('/');
  const first = path.slice(0, Math.max(0, slash));
  if (slash > 0 && (/[.:[]/.test(first) || first === 'localhost'))
    return { registry: first, repository: path.slice(slash + 1) };
  return { registry: DOCKER_HUB, repository: path.includes('/') ? path : `library/${path}` };
}

function splitAt(text: string, index: number): readonly string[] {
  return index === -1 ? [text] : [text.slice(0, index), text.slice(index + 1)];
}

/** Base URL of a registry: https, but plain http on this machine. */
export function registryUrl(registry: string): URL {
  if (registry === DOCKER_HUB) return new URL('https://registry-1.docker.io');
  const url = new URL(`https://${registry}`);
  return isLoopback(url.hostname) ? new URL(`http://${registry}`) : url;
}

export function isLoopback(hostname: string): boolean {
  return hostname === 'localhost' || hostname === '[::1]' || /^127(?:\.[0-9]{1,3}){3}$/.test(hostname);
}
