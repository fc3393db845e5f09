// Two parties can compare keys only if each sees the other's fingerprint and its own.

import assert from 'node:assert/strict';
import { createPublicKey } from 'node:crypto';

import { jwkThumbprint } from '../../../src/lib/base/bytes/jwk-thumbprint.js';
import { renderAgreement, renderContractShown } from '../../../src/lib/cli/render-agreement.js';
import { keyThumbprint } from '../../../src/lib/keys/key-thumbprint.js';
import { runInit } from '../../../src/lib/parties/init.js';
import { renderInit } from '../../../src/lib/cli/render-init.js';
import { exampleParsedContract } from '../../support/contract.js';
import { useTemporaryDirectory } from '../../support/temporary-directory.js';

describe('the fingerprint of a contract key', () => {
  const root = useTemporaryDirectory();

  it('is the thumbprint of RFC 7638, §3.1', () => {
    const n =
      '0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJECPebWKRXjBZCiFV4n3oknjhMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2QvzqY368QQMicAtaSqzs8KJZgnYb9c7d0zgdAZHzu6qMQvRL5hajrn1n91CbOpbISD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-kEgU8awapJzKnqDKgw';
    assert.equal(jwkThumbprint({ kty: 'RSA', n, e: 'AQAB' }), 'NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs');
  });

  it('is the same in init, in the contract shown, and in what accept shows', async () => {
    const made = await runInit(
      { name: 'quarterly-notes', party: 'contoso', roles: ['host'], page: false, force: false },
      null,
      root(),
    );
    assert.match(renderInit(made, root()), new RegExp(`contract key: ${made.fingerprint}`));
    const parsed = exampleParsedContract();
    for (const { contractKey } of parsed.contract.parties) {
      const print = keyThumbprint(createPublicKey({ key: contractKey, format: 'jwk' }));
      assert.ok(renderContractShown(parsed, 'ab'.repeat(32)).includes(print));
      assert.ok(renderAgreement(parsed, { statements: [] } as never).includes(print));
    }
  });
});
