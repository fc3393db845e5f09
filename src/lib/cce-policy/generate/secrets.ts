// Finds secrets that would stand in a policy. A policy is public: everybody who verifies a room reads it.

import { decodeUtf8 } from '../../base/bytes/arrays.js';
import { fromAnyBase64 } from '../../base/bytes/base64.js';
import { CleanroomError } from '../../base/errors.js';
import type { ContainerRule } from '../policy-document.js';

const KINDS: readonly { readonly kind: string; readonly form: RegExp }[] = [
  { kind: 'a shared access signature', form: /(?:^|[?&;"'\s=])sig=[A-Za-z0-9%+/=_-]{10,}/i },
  { kind: 'a storage account key', form: /AccountKey=[A-Za-z0-9+/]{40,}/i },
  { kind: 'a shared access signature', form: /SharedAccess(?:Signature|Key)=\S{20,}/i },
  { kind: 'a token', form: /eyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}/ },
  { kind: 'a bearer token', form: /\bbearer\s+[A-Za-z0-9._~+/=-]{20,}/i },
  { kind: 'a private key', form: /-----BEGIN [A-Z ]*PRIVATE KEY-----/ },
];

/* 64 bytes in base64: a storage account key, or a SHA-512. The name beside it tells which. */
const SIXTY_FOUR_BYTES = /(?:^|[="'\s])[A-Za-z0-9+/]{86}==(?:$|["'\s])/;
const NAMED_KEY = /key|secret|password|passwd|token|credential|connection/i;
const NAMED_DIGEST = /sha-?512|digest|integrity|checksum|hash|fingerprint/i;

/** What kind of secret `text` holds, base64 inside looked into; null if none is recognised. */
export function findSecret(text: string): string | null {
  const direct = KINDS.find(({ form }) => form.test(text));
  if (direct !== undefined) return direct.kind;
  for (const encoded of text.match(/[A-Za-z0-9+/_-]{24,}={0,2}/g) ?? []) {
    const bytes = fromAnyBase64(encoded);
    const decoded = bytes === null ? null : decodeUtf8(bytes);
    const hidden = decoded === null ? undefined : KINDS.find(({ form }) => form.test(decoded));
    if (hidden !== undefined) return `${hidden.kind} in base64`;
  }
  return null;
}

export interface SuspectedSecret {
  /** Where it stands; never what. */
  readonly place: string;
  readonly kind: string;
  /** possible: it may be a digest, and nothing beside it says which. */
  readonly certainty: 'certain' | 'possible';
}

/** Values of a container that are secrets, or look like one. */
export function suspectedSecrets(container: ContainerRule): readonly SuspectedSecret[] {
  return publicTexts(container).flatMap(({ place, text }): readonly SuspectedSecret[] => {
    const kind = findSecret(text);
    if (kind !== null) return [{ place, kind, certainty: 'certain' }];
    if (!SIXTY_FOUR_BYTES.test(text) || NAMED_DIGEST.test(place)) return [];
    return NAMED_KEY.test(place)
      ? [{ place, kind: 'a storage account key', certainty: 'certain' }]
      : [{ place, kind: 'a storage account key or a SHA-512', certainty: 'possible' }];
  });
}

/**
 * Refuses a container whose command, exact variables or processes hold a secret.
 *
 * @throws CleanroomError SECRET_IN_POLICY naming the place, never the value.
 */
export function refuseSecrets(container: ContainerRule): void {
  const label = container.name ?? container.id ?? 'a container';
  const secret = suspectedSecrets(container).find(({ certainty }) => certainty === 'certain');
  if (secret === undefined) return;
  throw new CleanroomError(
    'SECRET_IN_POLICY',
    `${secret.place} of ${label} contains ${secret.kind}; a policy is public and its hash would change with every renewal`,
  );
}

interface PublicText {
  readonly place: string;
  readonly text: string;
}

function publicTexts(container: ContainerRule): readonly PublicText[] {
  return [
    ...container.env_rules.map((rule) => ({
      place: `the variable ${rule.pattern.split('=')[0] ?? ''}`,
      text: rule.strategy === 'string' ? rule.pattern.slice(rule.pattern.indexOf('=') + 1) : rule.pattern,
    })),
    ...(container.command ?? []).map((text, index) => ({ place: `argument ${index} of the command`, text })),
    ...container.exec_processes.flatMap((process) =>
      process.command.map((text) => ({ place: 'an exec process', text })),
    ),
  ];
}
