// Access tokens in the form of Entra's v1 tokens (Entra): signed by one RSA key of the emulator.

import { createPrivateKey, createPublicKey, type KeyObject } from 'node:crypto';

import { calculateJwkThumbprint, exportJWK, jwtVerify, SignJWT } from 'jose';
import * as v from 'valibot';

import { freshKeyPair } from '../../keys/fresh-key.js';
import { epochSeconds, type Clock } from '../clock.js';
import type { StateStore } from '../state/state-store.js';
import { loadDocumentAs } from '../state/stored-document.js';
import { RESOURCES, TOKEN_KEY_BITS, TOKEN_LIFETIME_SECONDS, tokenIssuer } from './constants.js';

/** What a token says about its bearer. */
export interface AccessToken {
  readonly audience: string;
  readonly issuer: string;
  readonly tenantId: string;
  /** Object id of the service principal or managed identity: what roles are assigned to. */
  readonly principalId: string;
  readonly clientId: string;
  readonly expiresOn: Date;
}

export interface TokenSubject {
  readonly tenantId: string;
  readonly principalId: string;
  readonly clientId: string;
  /** For managed identities: ARM ids of the resource that asked, and of the identity. */
  readonly managed?: { readonly azureResourceId: string; readonly identityResourceId: string };
}

export interface IssuedToken {
  readonly token: string;
  readonly notBefore: number;
  readonly expiresOn: number;
}

/** Why a token does not open a service; the service answers 401. */
export class TokenRefused extends Error {
  override readonly name = 'TokenRefused';
  constructor(
    readonly reason: 'malformed' | 'signature' | 'audience' | 'expired' | 'issuer',
    message: string,
  ) {
    super(message);
  }
}

export interface TokenExpectations {
  /** Resources that the service answers to; a trailing slash makes no difference. */
  readonly audiences: readonly string[];
  readonly now: Date;
  /** Tenants whose tokens the service takes; any tenant of the emulator if absent. */
  readonly tenants?: readonly string[];
}

/** An RSA key of RFC 7517. */
export type PublicTokenKey = Readonly<Record<'kty' | 'n' | 'e' | 'kid' | 'use' | 'alg', string>>;

export interface AccessTokens {
  /** Public keys, as the token endpoint publishes them. */
  readonly jwks: { readonly keys: readonly PublicTokenKey[] };
  issue(subject: TokenSubject, audience: string): Promise<IssuedToken>;
  /** Proves signature, times, audience, issuer. @throws TokenRefused */
  verify(token: string, expectations: TokenExpectations): Promise<AccessToken>;
}

const DOCUMENT = 'token-signing-key';
const Document = v.strictObject({ pkcs8: v.string() });
const Claims = v.object({
  iss: v.string(),
  aud: v.string(),
  tid: v.string(),
  oid: v.string(),
  appid: v.string(),
  exp: v.number(),
});

/** Opens the signing key of a state store, or makes it. */
export async function openAccessTokens(store: StateStore, clock: Clock): Promise<AccessTokens> {
  const privateKey = await loadSigningKey(store);
  const publicKey = createPublicKey(privateKey);
  const { n = '', e = '' } = await exportJWK(publicKey);
  const kid = await calculateJwkThumbprint({ kty: 'RSA', n, e });

  return {
    jwks: { keys: [{ kty: 'RSA', n, e, kid, use: 'sig', alg: 'RS256' }] },
    issue: async (subject, audience) => {
      const notBefore = epochSeconds(clock);
      const expiresOn = notBefore + TOKEN_LIFETIME_SECONDS;
      const token = await new SignJWT(claimsOf(subject, audience))
        .setProtectedHeader({ typ: 'JWT', alg: 'RS256', kid })
        .setIssuedAt(notBefore)
        .setNotBefore(notBefore)
        .setExpirationTime(expiresOn)
        .sign(privateKey);
      return { token, notBefore, expiresOn };
    },
    verify: (token, expectations) => verifyToken(token, publicKey, expectations),
  };
}

async function loadSigningKey(store: StateStore): Promise<KeyObject> {
  const kept = await loadDocumentAs(store, DOCUMENT, Document);
  if (kept !== null) return createPrivateKey(kept.pkcs8);
  const { privateKey } = await freshKeyPair({ type: 'rsa', bits: TOKEN_KEY_BITS });
  await store.save(DOCUMENT, { pkcs8: privateKey.export({ type: 'pkcs8', format: 'pem' }) as string });
  return privateKey;
}

function claimsOf(subject: TokenSubject, audience: string): Record<string, string> {
  const exchange = audience === RESOURCES.tokenExchange;
  return {
    aud: audience,
    iss: exchange ? exchangeIssuer(subject.tenantId) : tokenIssuer(subject.tenantId),
    appid: subject.clientId,
    idtyp: 'app',
    oid: subject.principalId,
    sub: subject.principalId,
    tid: subject.tenantId,
    ver: '1.0',
    ...(subject.managed === undefined
      ? {}
      : { xms_az_rid: subject.managed.azureResourceId, xms_mirid: subject.managed.identityResourceId }),
  };
}

/** Issuer of a managed identity's token for federation, as federated credentials name it. */
export function exchangeIssuer(tenantId: string): string {
  return `https://login.microsoftonline.com/${tenantId}/v2.0`;
}

async function verifyToken(
  token: string,
  key: KeyObject,
  { audiences, now, tenants }: TokenExpectations,
): Promise<AccessToken> {
  const claims = await verifiedClaims(token, key, now);
  const audience = claims.aud.replace(/\/$/, '');
  if (!audiences.some((accepted) => accepted.replace(/\/$/, '') === audience))
    throw new TokenRefused('audience', `the token is for ${claims.aud}`);
  const issuers = [tokenIssuer(claims.tid), exchangeIssuer(claims.tid)];
  if (!issuers.includes(claims.iss) || !(tenants?.includes(claims.tid) ?? true))
    throw new TokenRefused('issuer', `the token is by ${claims.iss}`);
  return {
    audience,
    issuer: claims.iss,
    tenantId: claims.tid,
    principalId: claims.oid,
    clientId: claims.appid,
    expiresOn: new Date(claims.exp * 1000),
  };
}

async function verifiedClaims(
  token: string,
  key: KeyObject,
  now: Date,
): Promise<v.InferOutput<typeof Claims>> {
  try {
    const { payload } = await jwtVerify(token, key, {
      algorithms: ['RS256'],
      currentDate: now,
      requiredClaims: ['exp', 'nbf', 'iat'],
    });
    return v.parse(Claims, payload);
  } catch (cause) {
    throw new TokenRefused(refusalReason(cause), 'the token is not one of this directory, or has expired');
  }
}

function refusalReason(cause: unknown): TokenRefused['reason'] {
  const code = cause instanceof Error && 'code' in cause ? cause.code : undefined;
  if (code === 'ERR_JWT_EXPIRED' || code === 'ERR_JWT_CLAIM_VALIDATION_FAILED') return 'expired';
  if (code === 'ERR_JWS_SIGNATURE_VERIFICATION_FAILED') return 'signature';
  return 'malformed';
}
