// Where a party's key and sealed text live, as the wizard takes it.

import assert from 'node:assert/strict';

import { askPlaces, isAccount, isHost } from '../../../src/lib/cli/ask-places.js';

describe('the places of a party', () => {
  it('are not asked for where flags name both', async () => {
    const flags = {
      vault: 'fabrikam.managedhsm.azure.net',
      'storage-account': 'https://f.blob.core.windows.net',
    };
    assert.deepEqual(await askPlaces(flags, null), flags);
  });

  it('are a host name, and an https URL that brings no SAS', () => {
    for (const host of ['fabrikam.managedhsm.azure.net', 'f.vault.azure.net', '127.0.0.1:1234'])
      assert.ok(isHost(host), host);
    for (const host of ['fabrikam', 'https://f.vault.azure.net', 'f.vault.azure.net/keys/x', ''])
      assert.ok(!isHost(host), host);
    assert.ok(isAccount('https://fabrikam.blob.core.windows.net'));
    for (const url of [
      'fabrikam',
      'http://fabrikam.blob.core.windows.net',
      'https://f.blob.core.windows.net?sig=x',
    ])
      assert.ok(!isAccount(url), url);
  });
});
