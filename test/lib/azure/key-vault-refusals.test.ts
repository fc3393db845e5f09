// Every refusal of a vault that a login can provoke, from the emulated services through the unmodified SDK: ours has a code of
// its own, which says cause and fix.

import assert from 'node:assert/strict';

import { keyVaultError } from '../../../src/lib/azure/key-vault-error.js';
import { ERROR_CODES, type ErrorCode } from '../../../src/lib/base/error-codes.js';
import { KEY_VAULT_ROLES, MANAGED_HSM_ROLES } from '../../../src/lib/emulator/identity/role-definitions.js';
import { KEY_VAULT_PREMIUM, MANAGED_HSM } from '../../../src/lib/emulator/managed-hsm/constants.js';
import { exportable, type LocalVault, policyFor, startLocalVault } from '../../support/local-vault.js';

const HARD = { hsm: true, keySize: 2048 };
const OTHER_ROOM = '7b'.repeat(32);

type Provoked = (local: LocalVault, name: string) => Promise<unknown>;

const versionOf = async ({ client }: LocalVault, name: string, options: object): Promise<string> =>
  (await client.keys.createEcKey(name, { hsm: true, ...options })).properties.version!;
const policyOf = (text: string) => ({ encodedPolicy: new TextEncoder().encode(text), immutable: false });

const REFUSALS: readonly (readonly [ErrorCode, string, Provoked])[] = [
  [
    'KEY_POLICY_MISSING',
    'exportable without a policy (1004)',
    ({ client }, name) => client.keys.createRsaKey(name, { ...HARD, exportable: true }),
  ],
  [
    'KEY_NOT_EXPORTABLE',
    'a policy without exportable (1005)',
    ({ client }, name) => client.keys.createRsaKey(name, { ...HARD, ...exportable(), exportable: false }),
  ],
  [
    'KEY_EXPORTABLE_FIXED',
    'exportable changed (1014)',
    async (local, name) => {
      const version = await versionOf(local, name, exportable(false));
      return patch(local, `/keys/${name}/${version}`, { attributes: { exportable: false } });
    },
  ],
  [
    'KEY_POLICY_IMMUTABLE',
    'an immutable policy changed (1020)',
    async (local, name) => {
      const version = await versionOf(local, name, exportable());
      const releasePolicy = policyOf(policyFor(OTHER_ROOM));
      return local.client.keys.updateKeyProperties(name, version, { releasePolicy });
    },
  ],
  [
    'KEY_POLICY_REFUSED',
    'a policy without a version',
    ({ client }, name) =>
      client.keys.createRsaKey(name, { ...HARD, exportable: true, releasePolicy: policyOf('{"anyOf":[]}') }),
  ],
  [
    'KEY_RELEASE_TOKEN_REJECTED',
    'release with no attestation',
    async (local, name) => {
      await versionOf(local, name, exportable());
      return local.client.keys.releaseKey(name, 'e30.e30.e30');
    },
  ],
  [
    'KEY_RELEASE_DENIED',
    'release to another room',
    async (local, name) => {
      await versionOf(local, name, exportable());
      const token = await local.attestation.token({ 'x-ms-sevsnpvm-hostdata': OTHER_ROOM });
      return local.client.keys.releaseKey(name, token);
    },
  ],
  [
    'KEY_NOT_EXPORTABLE',
    'release of a key that is not exportable',
    async (local, name) => {
      await versionOf(local, name, {});
      return local.client.keys.releaseKey(name, await local.attestation.token());
    },
  ],
  [
    'KEY_DISABLED',
    'release of a disabled version',
    async (local, name) => {
      const version = await versionOf(local, name, exportable());
      await local.client.keys.updateKeyProperties(name, version, { enabled: false });
      return local.client.keys.releaseKey(name, await local.attestation.token(), { version });
    },
  ],
  [
    'KEY_OPERATION_FORBIDDEN',
    'an operation that the key does not have',
    async (local, name) => {
      const { properties } = await local.client.keys.createRsaKey(name, { ...HARD, keyOps: ['wrapKey'] });
      const body = { alg: 'RSA-OAEP-256', value: Buffer.alloc(256).toString('base64url') };
      return refused(
        await local.raw(local.owner, 'POST', `/keys/${name}/${properties.version!}/unwrapkey`, body),
      );
    },
  ],
  ['KEY_NOT_FOUND', 'a key that is not there', ({ client }, name) => client.keys.getKey(name)],
  [
    'KEY_NOT_FOUND',
    'a version that is not there',
    async (local, name) => {
      await versionOf(local, name, {});
      return local.client.keys.getKey(name, { version: 'f'.repeat(32) });
    },
  ],
  [
    'KEY_NAME_DELETED',
    'a name that is deleted but not gone',
    async (local, name) => {
      await versionOf(local, name, {});
      await (await local.client.keys.beginDeleteKey(name, { intervalInMs: 50 })).pollUntilDone();
      return local.client.keys.createRsaKey(name, HARD);
    },
  ],
  [
    'KEY_ACCESS_DENIED',
    'a login without a role',
    async (local, name) => {
      const login = await local.identity.directory.addLogin(local.tenant, `stranger-${name}`);
      return local.clientFor(login.application.clientId, login.secret).keys.createRsaKey(name, HARD);
    },
  ],
  [
    'SERVICE_UNAUTHENTICATED',
    'a token of another service',
    (local, name) => {
      const token = { token: 'e30.e30.e30', expiresOnTimestamp: Date.now() + 3_600_000 };
      return local.clientOf({ getToken: () => Promise.resolve(token) }).getKey(name);
    },
  ],
];

const OF_VAULTS_ONLY: readonly (readonly [ErrorCode, string, Provoked])[] = [
  [
    'VAULT_NOT_PREMIUM',
    'an exportable software key (1006)',
    ({ client }, name) => client.keys.createRsaKey(name, exportable()),
  ],
];

for (const [kind, roles, table] of [
  [MANAGED_HSM, [MANAGED_HSM_ROLES.cryptoUser], REFUSALS],
  [
    KEY_VAULT_PREMIUM,
    [KEY_VAULT_ROLES.cryptoOfficer, KEY_VAULT_ROLES.cryptoServiceReleaseUser],
    [...REFUSALS, ...OF_VAULTS_ONLY],
  ],
] as const) {
  describe(`refusals of an emulated ${kind.name}`, function () {
    this.timeout(60_000);
    let local: LocalVault;
    before(async () => (local = await startLocalVault({ kind, roles })));
    after(() => local.stop());

    for (const [index, [code, what, provoke]] of table.entries()) {
      it(`${what}: ${code}`, async () => {
        const cause = await provoke(local, `key-${index}`).then(
          () => assert.fail('it was not refused'),
          (error: unknown) => error,
        );
        const error = keyVaultError('Managed HSM: work with key notes', cause);
        assert.equal(error.code, code, error.message);
        assert.ok(error.message.startsWith('Managed HSM: work with key notes: '));
        assert.equal(error.hint, ERROR_CODES[code].fix);
        assert.doesNotMatch(error.message, /eyJ|e30\./);
      });
    }
  });
}

async function patch(local: LocalVault, path: string, body: object): Promise<never> {
  return refused(await local.raw(local.owner, 'PATCH', path, body));
}

/* As the SDK throws it: for requests that the SDK itself never sends. */
function refused({ status, json }: Awaited<ReturnType<LocalVault['raw']>>): never {
  const { error } = json as { error?: { code: string; message: string; innererror?: { code: string } } };
  const details = { error: { ...error, innerError: error?.innererror } };
  throw Object.assign(new Error(error?.message ?? ''), { name: 'RestError', statusCode: status, details });
}
