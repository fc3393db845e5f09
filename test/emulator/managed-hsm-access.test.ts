// Who may do what at the managed HSM: roles, and the tokens that it takes.

import assert from 'node:assert/strict';
import { randomBytes, randomUUID } from 'node:crypto';
import { MANAGED_HSM_ROLES } from '../../src/lib/emulator/identity/role-definitions.js';
import { exportable, policyFor, startLocalVault, type LocalVault } from '../support/local-vault.js';
import { httpsCall } from '../support/https-call.js';

const KEEP_IN = { keyOps: ['encrypt' as const, 'wrapKey' as const] };

describe('roles of the emulated managed HSM', () => {
  async function ownersKeyAndHost(vault: LocalVault) {
    const { keys, crypto } = vault.client;
    const key = await keys.createRsaKey('notes', { hsm: true, keySize: 2048, ...exportable(), ...KEEP_IN });
    const { result } = await crypto(key.id!).wrapKey('RSA-OAEP-256', randomBytes(32));
    const login = await vault.identity.directory.addLogin(vault.tenant, 'host');
    const unwrap = { alg: 'RSA-OAEP-256', value: Buffer.from(result).toString('base64url') };
    const host = { clientId: login.application.clientId, secret: login.secret };
    const grantItself = (role: keyof typeof MANAGED_HSM_ROLES) =>
      vault.raw(host, 'PUT', `///providers/Microsoft.Authorization/roleAssignments/${randomUUID()}`, {
        properties: {
          principalId: login.principalId,
          roleDefinitionId: `Microsoft.KeyVault/providers/Microsoft.Authorization/roleDefinitions/${MANAGED_HSM_ROLES[role].id}`,
        },
      });
    return {
      host,
      principalId: login.principalId,
      path: `/keys/notes/${key.properties.version!}`,
      unwrap,
      grantItself,
    };
  }

  it('I3: a host without a role on the owner’s HSM grants itself none and reaches no key', async () => {
    const vault = await startLocalVault();
    try {
      const { host, path, unwrap, grantItself } = await ownersKeyAndHost(vault);
      for (const role of ['cryptoOfficer', 'cryptoUser', 'cryptoServiceReleaseUser'] as const)
        assert.equal((await grantItself(role)).status, 403);
      assert.equal((await vault.raw(host, 'GET', path)).status, 403);
      assert.equal((await vault.raw(host, 'POST', `${path}/unwrapkey`, unwrap)).status, 403);
      const target = await vault.attestation.token();
      assert.equal((await vault.raw(host, 'POST', `${path}/release`, { target })).status, 403);
    } finally {
      await vault.stop();
    }
  });

  it('I3: a Crypto Officer makes itself Crypto User, but neither replaces the policy nor is released the key', async () => {
    const vault = await startLocalVault();
    try {
      const { host, principalId, path, unwrap, grantItself } = await ownersKeyAndHost(vault);
      await vault.roles.assign(principalId, MANAGED_HSM_ROLES.cryptoOfficer, '/');
      assert.equal((await vault.raw(host, 'GET', path)).status, 403);
      assert.equal((await grantItself('cryptoUser')).status, 201);
      assert.equal((await vault.raw(host, 'GET', path)).status, 200);
      const data = Buffer.from(policyFor('00'.repeat(32))).toString('base64url');
      assert.equal((await vault.raw(host, 'PATCH', path, { release_policy: { data } })).status, 400);
      const target = await vault.attestation.token({ 'x-ms-sevsnpvm-hostdata': '00'.repeat(32) });
      assert.equal((await vault.raw(host, 'POST', `${path}/release`, { target })).status, 403);
      assert.equal((await vault.raw(host, 'POST', `${path}/unwrapkey`, unwrap)).status, 403);
    } finally {
      await vault.stop();
    }
  });

  it('I3: lets a Crypto User open key_ops, as Azure does: the path that doctor has to find', async () => {
    const vault = await startLocalVault();
    try {
      const { host, principalId, path, unwrap } = await ownersKeyAndHost(vault);
      await vault.roles.assign(principalId, MANAGED_HSM_ROLES.cryptoUser, '/keys/notes');
      assert.equal((await vault.raw(host, 'POST', `${path}/unwrapkey`, unwrap)).status, 403);
      assert.equal((await vault.raw(host, 'PATCH', path, { key_ops: ['unwrapKey'] })).status, 200);
      assert.equal((await vault.raw(host, 'POST', `${path}/unwrapkey`, unwrap)).status, 200);
    } finally {
      await vault.stop();
    }
  });

  it('I1: an identity with the release role alone may release and do nothing else', async () => {
    const vault = await startLocalVault();
    try {
      await vault.client.keys.createOctKey('notes', { hsm: true, ...exportable() });
      const room = await vault.identity.directory.addLogin(vault.tenant, 'room');
      await vault.roles.assign(room.principalId, MANAGED_HSM_ROLES.cryptoServiceReleaseUser, '/keys/notes');
      const { keys } = vault.clientFor(room.application.clientId, room.secret);
      await keys.releaseKey('notes', await vault.attestation.token());
      for (const attempt of [keys.getKey('notes'), keys.createOctKey('own', { hsm: true })])
        await assert.rejects(attempt, { statusCode: 403, message: /not authorized to perform/ });
    } finally {
      await vault.stop();
    }
  });
});

describe('tokens at the emulated managed HSM', () => {
  it('X4: takes no token of another audience or another tenant', async () => {
    const vault = await startLocalVault();
    try {
      const { directory } = vault.identity;
      const foreign = await directory.addLogin(await directory.ensureTenant('contoso'), 'contoso-login');
      const tokens = [];
      for (const [tenant, login, scope] of [
        [vault.tenant.id, vault.login, 'https://storage.azure.com/.default'],
        [foreign.application.homeTenant, foreign, 'https://managedhsm.azure.net/.default'],
      ] as const) {
        const { clientId } = login.application;
        const request = { tenant, clientId, scope, secret: login.secret, assertion: null };
        tokens.push((await vault.identity.grantClientCredentials(request)).token);
      }
      for (const token of tokens) {
        const answer = await httpsCall('GET', `${vault.url}/keys/any?api-version=7.4`, {
          ca: vault.tls.rootPem,
          token,
        });
        assert.equal(answer.status, 401);
        assert.match(String(answer.headers['www-authenticate']), /^Bearer authorization="https:/);
        assert.equal(answer.text, 'OK');
      }
    } finally {
      await vault.stop();
    }
  });
});
