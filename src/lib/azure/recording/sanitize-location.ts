// Paths and queries of recorded exchanges: Azure's words stay, names become pseudonyms, signatures and secrets are left out.

import { PARAMETERS, PARAMETER_VALUES, PATH_WORDS } from './allow-list.js';
import type { Pseudonym } from './pseudonyms.js';

export type RecordedService =
  | 'managed-hsm'
  | 'key-vault'
  | 'resource-manager'
  | 'blob-storage'
  | 'attestation'
  | 'token-endpoint'
  | 'other';

export interface RecordedLocation {
  readonly path: string;
  readonly query: Readonly<Record<string, string>>;
}

/* What a name stands for, by the word before it. */
const KINDS: Readonly<Record<string, string>> = {
  keys: 'key',
  deletedkeys: 'key',
  subscriptions: 'subscription',
  resourceGroups: 'resources',
  resourcegroups: 'resources',
  containerGroups: 'group',
  containers: 'name',
  locations: 'location',
  operations: 'operation',
  operationResults: 'operation',
  roleAssignments: 'assignment',
  roleDefinitions: 'role',
  tenants: 'tenant',
};

/** The location of a request. No host: the service says which one it is. */
export function sanitizeLocation(url: URL, service: RecordedService, name: Pseudonym): RecordedLocation {
  return {
    path: service === 'blob-storage' ? blobPath(url, name) : wordsAndNames(url.pathname, name),
    query: sanitizeQuery(url.searchParams),
  };
}

/** A URL or a resource id in a body or header; null where the text is neither. */
export function sanitizeReference(text: string, name: Pseudonym): string | null {
  if (text.startsWith('/')) return wordsAndNames(text.split('?')[0] ?? '', name);
  if (!/^https?:\/\//.test(text) || !URL.canParse(text)) return null;
  const url = new URL(text);
  const query = Object.entries(sanitizeQuery(url.searchParams)).map(([key, value]) => `${key}=${value}`);
  return `https://<host>${wordsAndNames(url.pathname, name)}${query.length === 0 ? '' : `?${query.join('&')}`}`;
}

/* Empty segments count: some clients send `//`. */
function wordsAndNames(path: string, name: Pseudonym): string {
  let before = '';
  let second = false;
  return path
    .split('/')
    .map((segment) => {
      if (segment === '') return '';
      if (PATH_WORDS.has(segment)) {
        [before, second] = [segment, false];
        return segment;
      }
      const kind = second && KINDS[before] === 'key' ? 'version' : (KINDS[before] ?? 'name');
      second = true;
      return name(kind, decoded(segment));
    })
    .join('/');
}

/* At an address the account is the first segment; in Azure it is part of the host. */
function blobPath({ hostname, pathname }: URL, name: Pseudonym): string {
  const atAddress = /^[\d.]+$|^localhost$|^\[/.test(hostname);
  const [container = '', ...blob] = pathname.split('/').slice(atAddress ? 2 : 1);
  const parts = [container === '' ? '' : name('container', decoded(container))];
  if (blob.length > 0) parts.push(name('blob', decoded(blob.join('/'))));
  return `/${parts.join('/')}`;
}

function sanitizeQuery(query: URLSearchParams): Record<string, string> {
  const kept: Record<string, string> = {};
  for (const [given, value] of query) {
    const known = decoded(given);
    const parameter = PARAMETERS.has(known) ? known : '<parameter>';
    kept[parameter] = PARAMETER_VALUES[known]?.test(value) === true ? value : '<text>';
  }
  return kept;
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
