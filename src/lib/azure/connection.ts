// From a profile to what every Azure SDK client needs: a credential, TLS roots, and retry settings.

import { readFile } from 'node:fs/promises';
import { createSecureContext, rootCertificates, type SecureContext } from 'node:tls';

import type { TokenCredential } from '@azure/identity';

import { CleanroomError } from '../base/errors.js';
import { fileError, readTextBounded } from '../base/files/read-bounded.js';
import { type ExchangeRecorder, openRecorder, RECORD_VARIABLE } from './recording/recorder.js';
import { recordedBy } from './recording/sdk-recording.js';

/** The members of a profile that connections are made from. */
export interface ConnectionProfile {
  readonly name: string;
  readonly tenant: string;
  readonly subscription?: string | undefined;
  /** Tenants besides the own one that the login is known in (as a guest, or an application for several tenants). */
  readonly otherTenants?: readonly string[] | undefined;
  readonly credential:
    | { readonly kind: 'azure-cli' }
    | { readonly kind: 'default' }
    | { readonly kind: 'managed-identity'; readonly clientId?: string | undefined }
    | { readonly kind: 'client-secret'; readonly clientId: string; readonly secretFile: string };
  readonly endpoints: {
    readonly authority?: string | undefined;
    readonly resourceManager?: string | undefined;
  };
  /** The party's own account; others have to be at Azure's own hosts. */
  readonly storageAccount?: string | undefined;
  readonly tlsRoots?: string | undefined;
  readonly verifyChallengeResource: boolean;
}

/** How to reach services under one profile. Holds no secret itself; the credential does. */
export interface Connection {
  readonly profile: ConnectionProfile;
  readonly credential: TokenCredential;
  /** System roots and the profile's, PEM; undefined where the profile names none. */
  readonly ca: readonly string[] | undefined;
  /** The same roots, read once: 150 certificates take longer than a request. One object, so that sockets are shared. */
  readonly tls: TlsRoots | undefined;
  /** Told of every exchange; absent where nothing is recorded. */
  readonly recorder?: ExchangeRecorder | null;
}

/** For the SDKs' `tlsOptions` and for `https.request`; the SDKs hand on members that their types lack. */
export interface TlsRoots {
  readonly secureContext: SecureContext;
  /** Never set: for the SDKs' type, which knows no secure context. */
  readonly ca?: string;
}

/** Client options that the Azure SDKs share; `tlsOptions` works in storage-blob too, where its type lacks it. */
export interface ClientOptions {
  readonly tlsOptions?: TlsRoots;
  readonly retryOptions: { readonly maxRetries: number; readonly maxRetryDelayInMs: number };
  /** Followed nowhere: no service of ours redirects, and a request may carry a token, a key or an attestation. */
  readonly redirectOptions: { readonly maxRetries: 0 };
}

/** Opens a connection: reads the profile's TLS roots and builds its credential. Nothing is sent yet. */
export async function openConnection(profile: ConnectionProfile): Promise<Connection> {
  const roots = profile.tlsRoots === undefined ? undefined : rootsOf(await readTlsRoots(profile.tlsRoots));
  const { ca, tls } = roots ?? {};
  const recorder = await openRecorder(process.env[RECORD_VARIABLE]);
  const credential = await buildCredential(profile, tls, recorder);
  return { profile, ca, tls, recorder, credential: keepToKnownTenants(profile, credential) };
}

interface KnownRoots {
  readonly ca: readonly string[];
  readonly tls: TlsRoots;
}

/* By the profile's own roots: a process that opens connections one after another reads the system's once. */
const knownRoots = new Map<string, KnownRoots>();

function rootsOf(own: string): KnownRoots {
  const known = knownRoots.get(own);
  if (known !== undefined) return known;
  const ca = withSystemRoots(own);
  const roots = { ca, tls: { secureContext: createSecureContext({ ca: [...ca] }) } };
  knownRoots.set(own, roots);
  return roots;
}

/**
 * A service of another tenant asks for a token of that tenant. Where the login is not known there, the SDK would try
 * for as long as its last token lives (an hour, a day); with the token of its own tenant it is refused at once.
 */
function keepToKnownTenants(
  { tenant, otherTenants = [] }: ConnectionProfile,
  credential: TokenCredential,
): TokenCredential {
  const known = [tenant, ...otherTenants];
  return {
    getToken: (scopes, options = {}) => {
      const { tenantId, ...others } = options;
      return credential.getToken(
        scopes,
        tenantId !== undefined && known.includes(tenantId) ? options : others,
      );
    },
  };
}

export function clientOptions(connection: Connection): ClientOptions {
  const retryOptions = { maxRetries: 4, maxRetryDelayInMs: 8_000 };
  const redirectOptions = { maxRetries: 0 } as const;
  const options = { retryOptions, redirectOptions };
  return connection.tls === undefined ? options : { ...options, tlsOptions: connection.tls };
}

async function readTlsRoots(path: string): Promise<string> {
  const pem = await readTextBounded(path, 1024 * 1024);
  if (!pem.includes('-----BEGIN CERTIFICATE-----')) {
    throw new CleanroomError('PROFILE_INVALID', `${path} contains no PEM certificate`);
  }
  return pem;
}

function withSystemRoots(pem: string): readonly string[] {
  return [...rootCertificates, pem];
}

async function buildCredential(
  profile: ConnectionProfile,
  tls: TlsRoots | undefined,
  recorder: ExchangeRecorder | null,
): Promise<TokenCredential> {
  const identity = await import('./sdk/identity.js');
  const { credential, tenant, endpoints } = profile;
  const tenants = { additionallyAllowedTenants: [...(profile.otherTenants ?? [])] };
  switch (credential.kind) {
    case 'azure-cli':
      return new identity.AzureCliCredential({ tenantId: tenant, ...tenants });
    case 'managed-identity':
      return new identity.ManagedIdentityCredential(
        credential.clientId === undefined ? {} : { clientId: credential.clientId },
      );
    case 'client-secret':
      return new identity.ClientSecretCredential(
        tenant,
        credential.clientId,
        await readSecret(credential.secretFile),
        {
          ...tenants,
          ...recordedBy(recorder, 'token-endpoint'),
          ...(endpoints.authority === undefined
            ? {}
            : { authorityHost: endpoints.authority, disableInstanceDiscovery: true }),
          ...(tls === undefined ? {} : { tlsOptions: tls }),
        },
      );
    case 'default':
      return new identity.DefaultAzureCredential({ tenantId: tenant, ...tenants });
  }
}

async function readSecret(path: string): Promise<string> {
  try {
    return (await readFile(path, 'utf8')).trim();
  } catch (cause) {
    throw fileError(path, cause);
  }
}
