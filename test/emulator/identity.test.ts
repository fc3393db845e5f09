// Tenants, logins, managed identities and role assignments of the local Azure.

import assert from 'node:assert/strict';

import { decodeJwt } from 'jose';

import { createIdentityAuthority } from '../../src/lib/emulator/identity/authority.js';
import { createIdentityHandler } from '../../src/lib/emulator/identity/handler.js';
import { createMetadataHandler } from '../../src/lib/emulator/identity/metadata-handler.js';
import { openRoleAssignments } from '../../src/lib/emulator/identity/role-assignments.js';
import { MANAGED_HSM_ROLES, STORAGE_ROLES } from '../../src/lib/emulator/identity/role-definitions.js';
import { memoryStateStore } from '../../src/lib/emulator/state/state-store.js';
import { send } from '../support/wire-request.js';

const ORIGIN = 'https://127.0.0.1:8443';
const HSM = 'https://managedhsm.azure.net';
const IDENTITY =
  '/subscriptions/s/resourceGroups/g/providers/Microsoft.ManagedIdentity/userAssignedIdentities/room';

async function contoso() {
  let now = Date.parse('2026-11-23T12:00:00Z');
  const clock = () => new Date(now);
  const authority = await createIdentityAuthority(memoryStateStore(), clock);
  const tenant = await authority.directory.ensureTenant('contoso');
  const login = await authority.directory.addLogin(tenant, 'contoso-login');
  const form = (fields: Record<string, string>) =>
    new URLSearchParams({
      grant_type: 'client_credentials',
      client_id: login.application.clientId,
      scope: `${HSM}/.default`,
      ...fields,
    }).toString();
  return {
    authority,
    tenant,
    login,
    clock,
    form,
    handler: createIdentityHandler(authority, clock),
    wait: (seconds: number) => (now += seconds * 1000),
  };
}

describe('emulator token endpoint', () => {
  it('gives a login with the right secret a token for the resource it asks for', async () => {
    const { authority, handler, tenant, login, form, clock } = await contoso();
    const answer = await send(handler, 'POST', `${ORIGIN}/${tenant.id}/oauth2/v2.0/token`, {
      body: form({ client_secret: login.secret }),
    });
    assert.equal(answer.status, 200);
    const token = await authority.verifyAccessToken(answer.json['access_token'] as string, {
      audiences: [HSM],
      now: clock(),
    });
    assert.equal(token.principalId, login.principalId);
    assert.equal(token.tenantId, tenant.id);
  });

  it('takes the three words that MSAL for Go adds to a scope, and the audience of the attestation service', async () => {
    const { handler, tenant, login, form } = await contoso();
    const audienceFor = async (scope: string): Promise<unknown> => {
      const body = form({ client_secret: login.secret, scope });
      const answer = await send(handler, 'POST', `${ORIGIN}/${tenant.id}/oauth2/v2.0/token`, { body });
      const [, claims = ''] = String(answer.json['access_token']).split('.');
      return (JSON.parse(Buffer.from(claims, 'base64url').toString() || '{}') as { aud?: unknown }).aud;
    };
    assert.equal(await audienceFor(`${HSM}/.default openid offline_access profile`), HSM);
    assert.equal(await audienceFor('https://attest.azure.net/.default'), 'https://attest.azure.net');
    assert.equal(await audienceFor(`${HSM}/.default https://vault.azure.net/.default`), undefined);
    assert.equal(await audienceFor('openid offline_access profile'), undefined);
  });

  it('refuses a wrong secret, another tenant, an unknown resource and a scope that is none', async () => {
    const { handler, authority, tenant, login, form } = await contoso();
    const other = await authority.directory.ensureTenant('fabrikam');
    const cases: [string, Record<string, string>, number, string][] = [
      [tenant.id, { client_secret: 'guess' }, 401, 'invalid_client'],
      [other.id, { client_secret: login.secret }, 400, 'unauthorized_client'],
      ['nobody', { client_secret: login.secret }, 400, 'invalid_tenant'],
      [
        tenant.id,
        { client_secret: login.secret, scope: 'https://evil.example/.default' },
        400,
        'invalid_resource',
      ],
      [tenant.id, { client_secret: login.secret, scope: HSM }, 400, 'invalid_scope'],
      [tenant.id, {}, 401, 'invalid_client'],
      [tenant.id, { grant_type: 'password' }, 400, 'unsupported_grant_type'],
    ];
    for (const [where, fields, status, error] of cases) {
      const answer = await send(handler, 'POST', `${ORIGIN}/${where}/oauth2/v2.0/token`, {
        body: form(fields),
      });
      assert.deepEqual([answer.status, answer.json['error']], [status, error]);
    }
  });

  it('publishes OpenID metadata and keys that verify its tokens', async () => {
    const { handler, tenant } = await contoso();
    const metadata = await send(
      handler,
      'GET',
      `${ORIGIN}/${tenant.id}/v2.0/.well-known/openid-configuration`,
    );
    assert.equal(metadata.json['token_endpoint'], `${ORIGIN}/${tenant.id}/oauth2/v2.0/token`);
    const keys = await send(handler, 'GET', metadata.json['jwks_uri'] as string);
    assert.equal((keys.json['keys'] as unknown[]).length, 1);
  });

  it('lets a managed identity stand in for a secret only where the application trusts it', async () => {
    const { authority, handler, tenant, login, form } = await contoso();
    const identity = await authority.directory.ensureManagedIdentity(tenant, IDENTITY);
    const issued = await authority.grantManagedIdentity(identity, '/g', 'api://AzureADTokenExchange');
    const ask = () =>
      send(handler, 'POST', `${ORIGIN}/${tenant.id}/oauth2/v2.0/token`, {
        body: form({
          client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
          client_assertion: issued!.token,
        }),
      });
    assert.equal((await ask()).status, 401);
    await authority.directory.addFederatedCredential(login.application.clientId, {
      issuer: `https://login.microsoftonline.com/${tenant.id}/v2.0`,
      subject: identity.principalId,
      audience: 'api://AzureADTokenExchange',
    });
    assert.equal((await ask()).status, 200);
  });

  it('lets an identity stand in for an application of its own tenant only, which other tenants may admit', async () => {
    const { authority, handler, tenant } = await contoso();
    const { directory } = authority;
    const fabrikam = await directory.ensureTenant('fabrikam');
    const identity = await directory.ensureManagedIdentity(tenant, IDENTITY);
    const issued = await authority.grantManagedIdentity(identity, '/g', 'api://AzureADTokenExchange');
    const trusting = async (home: typeof tenant) => {
      const { clientId } = await directory.ensureApplication(home, `room-of-${home.name}`);
      await directory.addFederatedCredential(clientId, {
        issuer: `https://login.microsoftonline.com/${tenant.id}/v2.0`,
        subject: identity.principalId,
        audience: 'api://AzureADTokenExchange',
      });
      return clientId;
    };
    const ask = (clientId: string) =>
      send(handler, 'POST', `${ORIGIN}/${fabrikam.id}/oauth2/v2.0/token`, {
        body: new URLSearchParams({
          grant_type: 'client_credentials',
          client_id: clientId,
          scope: `${HSM}/.default`,
          client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
          client_assertion: issued!.token,
        }).toString(),
      });
    const foreign = await ask(await trusting(fabrikam));
    assert.equal(foreign.status, 401);
    assert.match(String(foreign.json['error_description']), /AADSTS700236/);
    const home = await trusting(tenant);
    assert.match(String((await ask(home)).json['error_description']), /AADSTS700016/);
    await directory.ensureServicePrincipal(home, fabrikam);
    const answer = await ask(home);
    assert.equal(answer.status, 200);
    assert.equal(decodeJwt(answer.json['access_token'] as string)['tid'], fabrikam.id);
  });
});

describe('emulator access tokens', () => {
  async function token() {
    const setup = await contoso();
    const { token } = await setup.authority.grantClientCredentials({
      tenant: setup.tenant.id,
      clientId: setup.login.application.clientId,
      scope: `${HSM}/.default`,
      secret: setup.login.secret,
      assertion: null,
    });
    return { ...setup, token };
  }

  it('X4: refuses another audience, an expired token and another tenant', async () => {
    const { authority, token: text, clock, wait } = await token();
    const verify = (audience: string, tenants?: string[]) =>
      authority.verifyAccessToken(text, {
        audiences: [audience],
        now: clock(),
        ...(tenants && { tenants }),
      });
    await assert.doesNotReject(verify(`${HSM}/`));
    await assert.rejects(verify('https://vault.azure.net'), { reason: 'audience' });
    await assert.rejects(verify(HSM, ['other']), { reason: 'issuer' });
    wait(86_401);
    await assert.rejects(verify(HSM), { reason: 'expired' });
  });

  it('X4: refuses alg none, a changed payload and a key of another directory', async () => {
    const { authority, token: text, clock } = await token();
    const [header, payload, signature] = text.split('.');
    const none = Buffer.from('{"alg":"none","typ":"JWT"}').toString('base64url');
    const claims = decodeJwt(text);
    const changed = Buffer.from(JSON.stringify({ ...claims, oid: 'root' })).toString('base64url');
    const stranger = await token();
    const attempts = [
      `${none}.${payload!}.`,
      `${header!}.${changed}.${signature!}`,
      stranger.token,
      'nonsense',
    ];
    for (const attempt of attempts) {
      await assert.rejects(authority.verifyAccessToken(attempt, { audiences: [HSM], now: clock() }), {
        name: 'TokenRefused',
      });
    }
  });
});

describe('emulator instance metadata', () => {
  async function group(...identities: string[]) {
    const setup = await contoso();
    for (const resourceId of [IDENTITY, `${IDENTITY}2`])
      await setup.authority.directory.ensureManagedIdentity(setup.tenant, resourceId);
    const handler = createMetadataHandler(
      { resourceId: '/subscriptions/s/groups/room', identities },
      {
        identity: setup.authority,
        clock: setup.clock,
        certificates: () => Promise.resolve({ status: 200, body: '{}' }),
      },
    );
    const ask = (query: string, headers: Record<string, string> = { Metadata: 'true' }) =>
      send(handler, 'GET', `http://169.254.169.254/metadata/identity/oauth2/token/?${query}`, { headers });
    return { ...setup, ask };
  }
  const query = `api-version=2018-02-01&resource=${encodeURIComponent(HSM)}`;

  it('answers with string times and a token of the one identity of the group', async () => {
    const { ask } = await group(IDENTITY);
    const { status, json } = await ask(query);
    assert.equal(status, 200);
    for (const member of ['expires_in', 'expires_on', 'not_before'])
      assert.equal(typeof json[member], 'string');
    const claims = decodeJwt(json['access_token'] as string);
    assert.equal(claims['xms_az_rid'], '/subscriptions/s/groups/room');
    assert.equal(claims['xms_mirid'], IDENTITY);
  });

  it('I16: gives no token of an identity that is not the group’s, and none without the header', async () => {
    const { ask, authority } = await group(IDENTITY);
    const foreign = authority.directory.managedIdentity(`${IDENTITY}2`)!;
    assert.equal((await ask(`${query}&client_id=${foreign.clientId}`)).status, 400);
    assert.equal((await ask(query, {})).status, 400);
    assert.equal((await ask(`${query}&client_id=nobody`)).status, 400);
  });

  it('wants a group with two identities to choose one', async () => {
    const { ask, authority } = await group(IDENTITY, `${IDENTITY}2`);
    assert.equal((await ask(query)).status, 400);
    const second = authority.directory.managedIdentity(`${IDENTITY}2`)!;
    const { json } = await ask(`${query}&client_id=${second.clientId}`);
    assert.equal(decodeJwt(json['access_token'] as string)['appid'], second.clientId);
  });
});

describe('emulator role assignments', () => {
  const release = 'Microsoft.KeyVault/managedHsm/keys/release/action';
  const question = (scope: string, action = release) =>
    ({ principalId: 'p', kind: 'dataAction', action, scope }) as const;

  it('allows what a role grants at its scope and below, and nothing else', async () => {
    const assignments = await openRoleAssignments(
      memoryStateStore(),
      'hsm',
      Object.values(MANAGED_HSM_ROLES),
    );
    assert.equal(assignments.allows(question('/keys/notes')), false);
    await assignments.assign('p', MANAGED_HSM_ROLES.cryptoServiceReleaseUser, '/keys/notes');
    assert.equal(assignments.allows(question('/keys/notes')), true);
    assert.equal(assignments.allows(question('/keys/notes-2')), false);
    assert.equal(assignments.allows(question('/keys')), false);
    const unwrap = 'Microsoft.KeyVault/managedHsm/keys/unwrap/action';
    assert.equal(assignments.allows(question('/keys/notes', unwrap)), false);
  });

  it('keeps assignments over a restart and forgets removed ones', async () => {
    const store = memoryStateStore();
    const roles = Object.values(STORAGE_ROLES);
    const before = await openRoleAssignments(store, 'azure', roles);
    const made = await before.assign('p', STORAGE_ROLES.blobDataOwner, '/subscriptions/s');
    const after = await openRoleAssignments(store, 'azure', roles);
    const read = 'Microsoft.Storage/storageAccounts/blobServices/containers/blobs/read';
    assert.equal(after.allows(question('/subscriptions/s/x', read)), true);
    await after.remove(made);
    assert.equal(after.allows(question('/subscriptions/s/x', read)), false);
  });
});
