import assert from 'node:assert/strict';

import { vaultFlavour } from '../../../src/lib/contract/vault-flavour.js';

describe('vault hosts', () => {
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
