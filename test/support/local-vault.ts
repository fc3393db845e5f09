// A tenant, its key host and the SDK's clients for it, on loopback https: all real but the attestation authority,
// which is a key pair of the test.

import { createPrivateKey, X509Certificate } from 'node:crypto';

import { ClientSecretCredential, type TokenCredential } from '@azure/identity';
import { CryptographyClient, KeyClient } from '@azure/keyvault-keys';
import { exportJWK, SignJWT } from 'jose';

import { freshKeyPairSync } from '../../src/lib/keys/fresh-key.js';
import { createIdentityAuthority } from '../../src/lib/emulator/identity/authority.js';
import { createIdentityHandler } from '../../src/lib/emulator/identity/handler.js';
import { RESOURCES } from '../../src/lib/emulator/identity/constants.js';
import { openRoleAssignments } from '../../src/lib/emulator/identity/role-assignments.js';
import {
  KEY_VAULT_ROLES,
  MANAGED_HSM_ROLES,
  type RoleDefinition,
} from '../../src/lib/emulator/identity/role-definitions.js';
import { testHsmMaker } from './emulated-trust.js';
import { openKeyHost } from '../../src/lib/emulator/managed-hsm/authority.js';
import type { AuthorityResolver } from '../../src/lib/emulator/managed-hsm/attestation-token.js';
import { MANAGED_HSM, type HostKind } from '../../src/lib/emulator/managed-hsm/constants.js';
import { createKeyHostHandler } from '../../src/lib/emulator/managed-hsm/handler.js';
import { serveWire, type RunningServer } from '../../src/lib/emulator/http/serve.js';
import type { WireHandler } from '../../src/lib/emulator/http/wire.js';
import { memoryStateStore, type StateStore } from '../../src/lib/emulator/state/state-store.js';
import { httpsCall, type HttpsAnswer } from './https-call.js';
import { createTlsAuthority } from '../../src/lib/emulator/tls/authority.js';
import { issueCertificate } from '../../src/lib/emulator/tls/certificates.js';

export const AUTHORITY = 'https://attest.example';
export const HOST_DATA = '9c'.repeat(32);

export interface LocalVaultOptions {
  readonly kind?: HostKind;
  /** Roles of the login at the whole host; Crypto User if absent. */
  readonly roles?: readonly RoleDefinition[];
  /** Whom the host believes about attestation; the test's own key pair if absent. */
  readonly resolveAuthority?: (rootPem: string) => AuthorityResolver;
}

/* RSA keys are slow to make: one certificate authority and one token key for all vaults of a test process. */
let seed: Promise<StateStore> | undefined;

async function seededStore(): Promise<StateStore> {
  seed ??= (async () => {
    const store = memoryStateStore();
    await (await createTlsAuthority(store, () => new Date())).issue('hsm', ['127.0.0.1', 'localhost']);
    await createIdentityAuthority(store, () => new Date());
    return store;
  })();
  const store = memoryStateStore();
  for (const name of ['tls', 'token-signing-key'])
    await store.save(name, (await (await seed).load(name)) ?? null);
  return store;
}

/** Starts the services; `stop()` ends them. */
export async function startLocalVault(options: LocalVaultOptions = {}) {
  const kind = options.kind ?? MANAGED_HSM;
  let offset = 0;
  const clock = () => new Date(Date.now() + offset);
  const store = await seededStore();
  const tls = await createTlsAuthority(store, clock);
  const identity = await createIdentityAuthority(store, clock);
  const tenant = await identity.directory.ensureTenant('fabrikam');
  const login = await identity.directory.addLogin(tenant, 'fabrikam-login');

  let handler: WireHandler = () => Promise.resolve({ status: 503 });
  const placeholder = await tls.issue('hsm', ['127.0.0.1', 'localhost']);
  const running: RunningServer[] = [];
  /** Puts a handler on a loopback https port; ended by `stop()`. */
  const serve = async (service: WireHandler): Promise<RunningServer> => {
    const started = await serveWire(service, {
      port: 0,
      tls: { cert: placeholder.chainPem, key: placeholder.privateKeyPem },
    });
    running.push(started);
    return started;
  };
  const server = await serve((request) => handler(request));
  const tokenServer = await serve(createIdentityHandler(identity, clock));

  const hostAndPort = server.url.replace('https://', '');
  const signer = await tls.issue('hsm', ['127.0.0.1', 'localhost', hostAndPort]);
  const attestation = await testAuthority();
  const open = () =>
    openKeyHost({
      id: 'fabrikam',
      kind,
      url: server.url,
      store,
      clock,
      signer,
      partition: kind === MANAGED_HSM ? async () => (await testHsmMaker()).partition('fabrikam') : null,
      resolveAuthority: options.resolveAuthority?.(tls.rootPem) ?? attestation.resolve,
    });
  const known = kind === MANAGED_HSM ? MANAGED_HSM_ROLES : KEY_VAULT_ROLES;
  const roles = await openRoleAssignments(store, 'fabrikam', Object.values<RoleDefinition>(known));
  const scope = kind === MANAGED_HSM ? '' : '/subscriptions/s/vaults/fabrikam';
  for (const role of options.roles ?? [MANAGED_HSM_ROLES.cryptoUser])
    await roles.assign(login.principalId, role, scope === '' ? '/' : scope);
  handler = createKeyHostHandler({
    host: await open(),
    identity,
    roles,
    scope,
    tenantId: tenant.id,
    alsoAudiences: [RESOURCES.vault],
    clock,
  });

  const clientOptions = {
    disableChallengeResourceVerification: true,
    tlsOptions: { ca: tls.rootPem },
    retryOptions: { maxRetries: 0 },
  };
  const keysOf = (credential: TokenCredential): KeyClient =>
    new KeyClient(server.url, credential, clientOptions);
  const clientFor = (clientId: string, secret: string) => {
    const credential = new ClientSecretCredential(tenant.id, clientId, secret, {
      authorityHost: tokenServer.url,
      disableInstanceDiscovery: true,
      // Works at run time; the published type leaves it out.
      ...({ tlsOptions: { ca: tls.rootPem } } as object),
    });
    return {
      credential,
      keys: keysOf(credential),
      crypto: (id: string) => new CryptographyClient(id, credential, clientOptions),
    };
  };

  return {
    url: server.url,
    owner: { clientId: login.application.clientId, secret: login.secret },
    hostAndPort,
    tls,
    identity,
    tenant,
    login,
    roles,
    store,
    clock,
    attestation,
    tokenUrl: tokenServer.url,
    client: clientFor(login.application.clientId, login.secret),
    clientFor,
    /** The keys client of any credential. */
    clientOf: keysOf,
    /** Opens the host again from its state, as after a restart. */
    reopen: async () => {
      handler = createKeyHostHandler({
        host: await open(),
        identity,
        roles,
        scope,
        tenantId: tenant.id,
        alsoAudiences: [RESOURCES.vault],
        clock,
      });
    },
    /** A request with a token of `login` for the host's resource, past the SDK's own checks. */
    raw: async (
      login: { clientId: string; secret: string },
      method: string,
      path: string,
      body?: unknown,
    ): Promise<HttpsAnswer> => {
      const { token } = await identity.grantClientCredentials({
        ...login,
        tenant: tenant.id,
        scope: `${kind.resource}/.default`,
        assertion: null,
      });
      const mark = path.includes('?') ? '&' : '?';
      return httpsCall(method, `${server.url}${path}${mark}api-version=7.4`, {
        ca: tls.rootPem,
        token,
        body,
      });
    },
    wait: (seconds: number) => (offset += seconds * 1000),
    serve,
    stop: async () => {
      for (const started of running) await started.close();
    },
  };
}

export type LocalVault = Awaited<ReturnType<typeof startLocalVault>>;

/** An attestation authority that signs whatever claims a test wants. */
export async function testAuthority() {
  const certificate = await issueCertificate({
    commonName: AUTHORITY,
    notBefore: new Date(Date.now() - 60_000),
    years: 1,
    issuer: null,
    profile: { kind: 'authority', pathLength: 0 },
  });
  const kid = 'a/b+c==';
  const runtime = freshKeyPairSync({ type: 'rsa', bits: 2048 });
  const { n, e } = await exportJWK(runtime.publicKey);
  const runtimeJwk = { e: e!, key_ops: ['encrypt'], kid: 'runtime-key', kty: 'RSA', n: n! };
  const der = new X509Certificate(certificate.certificatePem).raw.toString('base64');
  return {
    runtime,
    runtimeJwk,
    kid,
    privateKeyPem: certificate.privateKeyPem,
    resolve: (authority: string) =>
      authority === AUTHORITY
        ? Promise.resolve({ issuer: AUTHORITY, keys: [{ kid, x5c: [der] }] })
        : Promise.reject(new Error(`asked for ${authority}`)),
    /** A token with the claims of a good room, changed by `claims`; `at` in epoch seconds. */
    token: (claims: Record<string, unknown> = {}, at = Math.floor(Date.now() / 1000)) => {
      return new SignJWT({
        'x-ms-attestation-type': 'sevsnpvm',
        'x-ms-compliance-status': 'azure-compliant-uvm',
        'x-ms-sevsnpvm-hostdata': HOST_DATA,
        'x-ms-sevsnpvm-is-debuggable': false,
        'x-ms-sevsnpvm-vmpl': 0,
        'x-ms-runtime': { keys: [runtimeJwk] },
        ...claims,
      })
        .setProtectedHeader({ alg: 'RS256', kid, typ: 'JWT', jku: `${AUTHORITY}/certs` })
        .setIssuer(typeof claims['iss'] === 'string' ? claims['iss'] : AUTHORITY)
        .setIssuedAt(at)
        .setNotBefore(at)
        .setExpirationTime(at + 28_800)
        .sign(createPrivateKey(certificate.privateKeyPem));
    },
  };
}

/** A release policy for one room, as its JSON text. */
export function policyFor(hostData: string, authority = AUTHORITY): string {
  return JSON.stringify({
    version: '1.0.0',
    anyOf: [
      {
        authority,
        allOf: [
          { claim: 'x-ms-attestation-type', equals: 'sevsnpvm' },
          { claim: 'x-ms-compliance-status', equals: 'azure-compliant-uvm' },
          { claim: 'x-ms-sevsnpvm-hostdata', equals: hostData },
          { claim: 'x-ms-sevsnpvm-is-debuggable', equals: 'false' },
        ],
      },
    ],
  });
}

/** SDK options of an exportable key under `policyFor(HOST_DATA)`. */
export function exportable(immutable = true) {
  return {
    exportable: true,
    releasePolicy: {
      encodedPolicy: new TextEncoder().encode(policyFor(HOST_DATA)),
      immutable,
    },
  };
}
