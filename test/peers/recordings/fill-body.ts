// Bodies of recorded requests made whole again: what was left out gets a value of the local Azure's, by the member that it is of.

import { createSecretKey, generateKeyPairSync, randomBytes } from 'node:crypto';

import type { LearntNames } from './learnt-names.js';

/** What stands for left-out values here. */
export interface LocalValues {
  readonly image: string;
  readonly identity: string;
  readonly location: string;
  readonly releasePolicy: string;
  readonly ccePolicy: string;
  readonly clientId: string;
  readonly clientSecret: string;
}

/** A JSON value with every placeholder replaced. */
export function fillJson(value: unknown, at: LocalValues, names: LearntNames, member = ''): unknown {
  if (typeof value === 'string') return fillText(value, at, names, member);
  if (Array.isArray(value)) return value.map((item) => fillJson(item, at, names, member));
  if (value === null || typeof value !== 'object') return value;
  const given = value as Readonly<Record<string, unknown>>;
  if (member === 'key' && ('d' in given || 'k' in given)) return { ...given, ...freshKey(given) };
  return Object.fromEntries(
    Object.entries(given).map(([name, inner]) => [
      name === '<member>' ? (member === 'userAssignedIdentities' ? at.identity : 'peers') : name,
      fillJson(inner, at, names, name),
    ]),
  );
}

function fillText(text: string, at: LocalValues, names: LearntNames, member: string): unknown {
  if (text === '<number>') return 1;
  if (text !== '<text>') return names.fill(text);
  const known: Readonly<Record<string, string>> = {
    image: at.image,
    location: at.location,
    ccePolicy: at.ccePolicy,
    data: Buffer.from(at.releasePolicy).toString('base64url'),
    path: '/healthz',
    mountPath: '/mnt/peers',
    client_id: at.clientId,
    client_secret: at.clientSecret,
  };
  return known[member] ?? 'peers';
}

/* A new key of the recorded kind, as a JWK. */
function freshKey({ kty, crv }: Readonly<Record<string, unknown>>): object {
  if (kty === 'oct-HSM' || kty === 'oct')
    return { k: createSecretKey(randomBytes(32)).export().toString('base64url') };
  const { privateKey } =
    typeof crv === 'string'
      ? generateKeyPairSync('ec', { namedCurve: crv })
      : generateKeyPairSync('rsa', { modulusLength: 2048 });
  const { n, e, d, p, q, dp, dq, qi, x, y } = privateKey.export({ format: 'jwk' });
  return { n, e, d, p, q, dp, dq, qi, x, y };
}
