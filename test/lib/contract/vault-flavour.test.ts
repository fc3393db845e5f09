import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';

import { vaultFlavour } from '../../../src/lib/contract/vault-flavour.js';

describe('vault hosts', () => {
  for (const [host, cloud, resource] of [
    ['fabrikam-hsm.managedhsm.azure.net', 'public', 'https://managedhsm.azure.net'],
    ['fabrikam.vault.azure.net', 'public', 'https://vault.azure.net'],
    ['fabrikam-hsm.managedhsm.usgovcloudapi.net', 'us-government', 'https://managedhsm.usgovcloudapi.net'],
    ['fabrikam.vault.usgovcloudapi.net', 'us-government', 'https://vault.usgovcloudapi.net'],
    ['fabrikam-hsm.managedhsm.azure.cn', 'china', 'https://managedhsm.azure.cn'],
    ['fabrikam.vault.azure.cn', 'china', 'https://vault.azure.cn'],
    ['127.0.0.1:8443', 'local', 'https://managedhsm.azure.net'],
    ['127.0.0.2:8443', 'local', 'https://vault.azure.net'],
  ] as const) {
    it(`knows cloud and token audience of ${host}`, () => {
      const flavour = vaultFlavour(host);
      assert.deepEqual([flavour.cloud, flavour.resource], [cloud, resource]);
    });
  }

  it('are known in one place: no other file of the product names an audience', () => {
    const elsewhere = readdirSync('src', { recursive: true, encoding: 'utf8' })
      .filter(
        (path) => path.endsWith('.ts') && !/vault-flavour\.ts$|^lib\/(?:emulator|attack-kit)\//.test(path),
      )
      .filter((path) =>
        /['"`]https:\/\/(?:managedhsm|vault)\.(?:azure|usgov)/.test(readFileSync(`src/${path}`, 'utf8')),
      );
    assert.deepEqual(elsewhere, []);
  });

  for (const [host, service] of [
    ['fabrikam-hsm.managedhsm.azure.net', 'Managed HSM'],
    ['Fabrikam-HSM.ManagedHSM.Azure.Net', 'Managed HSM'],
    ['fabrikam.vault.azure.net', 'Key Vault Premium'],
    ['127.0.0.1:8443', 'Managed HSM'],
    ['localhost:8443', 'Managed HSM'],
    ['127.0.0.2:8443', 'Key Vault Premium'],
  ] as const) {
    it(`takes ${host} for ${service}`, () => {
      assert.equal(vaultFlavour(host).service, service);
    });
  }

  for (const host of [
    'fabrikam-hsm.managedhsm.azure.net.example.com',
    'managedhsm.azure.net',
    'fabrikam-managedhsm.azure.net',
    'a.b.managedhsm.azure.net',
    'fabrikam.managedhsm.azure.net:8443',
    'fabrikam.managedhsm.azure.net@example.com',
    '127.0.0.1.example.com:1',
    '127.0.0.3:1',
    'fabrikam.vault.аzure.net',
    '',
  ]) {
    it(`X3: refuses the look-alike ${JSON.stringify(host)}`, () => {
      assert.throws(() => vaultFlavour(host), { code: 'VAULT_HOST_UNKNOWN' });
    });
  }
});
