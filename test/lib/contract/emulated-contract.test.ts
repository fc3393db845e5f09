import assert from 'node:assert/strict';

import { isLoopback, requireLoopback } from '../../../src/lib/contract/emulated-contract.js';
import type { Contract } from '../../../src/lib/contract/schema.js';
import { exampleContract } from '../../support/contract.js';

const DIGEST = `sha256:${'0'.repeat(64)}`;

/** The example contract with everything on this machine. */
function local(change: (contract: Contract) => void = () => undefined): Contract {
  const contract = exampleContract();
  contract.trust = { emulated: { anchors: DIGEST, tlsRoots: DIGEST } };
  contract.attestation.authorities = ['https://localhost:1001'];
  for (const { key, blob } of contract.datasets) {
    key.vault = 'fabrikam-hsm.localhost:1002';
    blob.account = 'https://127.0.0.1:1003/fabrikam';
  }
  contract.room.contractBlob.account = 'https://127.0.0.1:1003/fabrikam';
  contract.room.resultBlob.account = 'https://127.0.0.1:1003/contoso';
  change(contract);
  return contract;
}

describe('a contract with trust.emulated', () => {
  it('works with services of this machine', () => {
    assert.doesNotThrow(() => requireLoopback(local()));
  });

  const elsewhere: readonly (readonly [string, (contract: Contract) => void])[] = [
    ['vault', (c) => (c.datasets[0]!.key.vault = 'fabrikam-hsm.managedhsm.azure.net')],
    ['account of a dataset', (c) => (c.datasets[0]!.blob.account = 'https://a.blob.core.windows.net')],
    ['account of the contract', (c) => (c.room.contractBlob.account = 'https://a.blob.core.windows.net')],
    ['account of the result', (c) => (c.room.resultBlob.account = 'https://a.blob.core.windows.net')],
    ['attestation service', (c) => c.attestation.authorities.push('https://a.attest.azure.net')],
    [
      'login',
      (c) =>
        (c.datasets[0]!.key.login = {
          tenant: '00000000-0000-4000-8000-000000000001',
          clientId: '00000000-0000-4000-8000-000000000002',
          authority: 'https://login.microsoftonline.com',
        }),
    ],
  ];
  for (const [what, change] of elsewhere) {
    it(`is refused as EMULATED_CONTRACT where the ${what} is elsewhere`, () => {
      assert.throws(() => requireLoopback(local(change)), { code: 'EMULATED_CONTRACT' });
    });
  }

  it('asks nothing of a contract without it', () => {
    assert.doesNotThrow(() => requireLoopback(exampleContract()));
  });

  it('takes no name for this machine that only looks like it', () => {
    for (const address of ['localhost', 'https://LOCALHOST:1', 'https://127.0.0.2/x', 'https://[::1]:9'])
      assert.ok(isLoopback(address), address);
    for (const address of [
      'localhost.example.com',
      'https://127.0.0.1.example.com',
      'https://127.0.0.1@example.com',
      'https://0.0.0.0',
      'https://1270.0.0.1',
      'https://example.com/localhost',
      '',
    ])
      assert.ok(!isLoopback(address), address);
  });
});
