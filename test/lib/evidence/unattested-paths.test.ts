import assert from 'node:assert/strict';

import {
  findUnattestedPaths,
  type KeyExposure,
  readKeyExposure,
} from '../../../src/lib/evidence/unattested-paths.js';
import { parseSha256Hex } from '../../../src/lib/base/bytes/digest.js';
import { parseStrictJson } from '../../../src/lib/base/bytes/strict-json.js';
import { buildReleasePolicy } from '../../../src/lib/contract/release-policy/build.js';
import { renderReleasePolicy } from '../../../src/lib/contract/release-policy/grammar.js';

const AUTHORITY = 'https://sharedweu.weu.attest.azure.net';
const POLICY = buildReleasePolicy({
  policyHash: parseSha256Hex('9c41'.repeat(16))!,
  authorities: [AUTHORITY],
  guestSvn: 2,
});
const OWNED_AUTHORITY = 'https://contoso.weu.attest.azure.net';
const RELEASE_USER = 'Managed HSM Crypto Service Release User';

const SAFE: KeyExposure = {
  key: {
    id: 'https://fabrikam-hsm.managedhsm.azure.net/keys/notes/0123',
    kty: 'RSA-HSM',
    operations: ['wrapKey'],
    exportable: true,
    imported: false,
    releasePolicy: { text: renderReleasePolicy(POLICY), immutable: true },
  },
  owners: ['fabrikam'],
  assignments: [
    { principal: 'fabrikam', role: 'Managed HSM Administrator', scope: '/' },
    { principal: 'room', role: RELEASE_USER, scope: '/keys/notes' },
  ],
  sas: [{ blob: 'cleanroom/notes.sealed', permissions: 'r' }],
};

function host(role: string, scope = '/'): KeyExposure['assignments'] {
  return [...SAFE.assignments, { principal: 'contoso', role, scope }];
}

function key(change: Partial<KeyExposure['key']>): KeyExposure['key'] {
  return { ...SAFE.key, ...change };
}

describe('paths around attestation', () => {
  it('finds none where the host may only have the key released', () => {
    assert.deepEqual(findUnattestedPaths(SAFE), []);
  });

  const table: readonly (readonly [string, Partial<KeyExposure>, readonly string[]])[] = [
    [
      'I1: Crypto User with an unwrapping key',
      { key: key({ operations: ['wrapKey', 'unwrapKey'] }), assignments: host('Managed HSM Crypto User') },
      ['PATH_UNWRAP', 'PATH_BACKUP'],
    ],
    [
      'I1: Crypto User who first adds the operation',
      { assignments: host('Managed HSM Crypto User') },
      ['PATH_OPERATIONS', 'PATH_BACKUP'],
    ],
    [
      'I3: Crypto Officer who grants itself roles',
      { assignments: host('Managed HSM Crypto Officer') },
      ['PATH_GRANT'],
    ],
    [
      'I3: a custom role by its actions',
      {
        assignments: [
          {
            principal: 'contoso',
            role: 'Harmless',
            scope: '/keys',
            dataActions: ['Microsoft.KeyVault/managedHsm/roleAssignments/write/action'],
          },
        ],
      },
      ['PATH_GRANT'],
    ],
    ['a role that is not known', { assignments: host('Harmless') }, ['PATH_UNKNOWN_ROLE']],
    [
      'I2: a policy that can be changed',
      { key: key({ releasePolicy: { text: renderReleasePolicy(POLICY), immutable: false } }) },
      ['PATH_MUTABLE_POLICY'],
    ],
    ['II6: an imported key', { key: key({ imported: true }) }, ['PATH_IMPORTED_COPY']],
    ['a software key', { key: key({ kty: 'RSA' }) }, ['PATH_SOFTWARE_KEY']],
    ['X1: a SAS that may write', { sas: [{ blob: 'notes.sealed', permissions: 'rw' }] }, ['PATH_SAS_WRITE']],
    [
      'I13: an authority of the host',
      {
        key: key({
          releasePolicy: {
            text: renderReleasePolicy(POLICY).replace(AUTHORITY, 'https://contoso.weu.attest.azure.net'),
            immutable: true,
          },
        }),
      },
      ['RELEASE_POLICY_AUTHORITY'],
    ],
    [
      'I13: a provider of somebody’s own, although the contract names it',
      {
        key: key({
          releasePolicy: {
            text: renderReleasePolicy(POLICY).replace(AUTHORITY, OWNED_AUTHORITY),
            immutable: true,
          },
        }),
      },
      ['RELEASE_POLICY_AUTHORITY_OWNED'],
    ],
    [
      'I4: a published allow-all policy',
      {
        key: key({
          releasePolicy: {
            text: renderReleasePolicy(POLICY).replace(
              '9c41'.repeat(16),
              'b3452a0ed30f1010bd32740dd1610bc63296ceb0f882f2cac3a3152d651fe7e4',
            ),
            immutable: true,
          },
        }),
      },
      ['RELEASE_POLICY_ALLOW_ALL'],
    ],
    ['an exportable key without a policy', { key: key({ releasePolicy: null }) }, ['PATH_NO_POLICY']],
    ['I11: one key for several versions', { key: key({ reused: true }) }, ['PATH_KEY_REUSED']],
    [
      'I11: an earlier version that is enabled',
      { key: key({ earlierEnabled: ['x'] }) },
      ['PATH_EARLIER_VERSION'],
    ],
    [
      'X1: a SAS for the whole container',
      { sas: [{ blob: 'notes.sealed', permissions: 'rl', scope: 'container' }] },
      ['PATH_SAS_WIDE'],
    ],
    [
      'I3: Contributor of a key vault, who makes it keep access policies',
      {
        key: key({ id: 'https://fabrikam.vault.azure.net/keys/notes/0123' }),
        assignments: host('Contributor', '/subscriptions/s'),
      },
      ['PATH_GRANT'],
    ],
    ['no path for a Contributor of a managed HSM', { assignments: host('Contributor') }, []],
    ['no path at another key', { assignments: host('Managed HSM Crypto User', '/keys/other') }, []],
  ];
  for (const [name, change, ids] of table) {
    it(`finds ${name}`, () => {
      const authorities = name.includes('the contract names it') ? { authorities: [OWNED_AUTHORITY] } : {};
      const exposure = { ...SAFE, ...change };
      const exported = readKeyExposure(parseStrictJson(JSON.stringify(exposure)));
      for (const findings of [exposure, exported].map((seen) => findUnattestedPaths(seen, authorities))) {
        assert.deepEqual(
          findings.map(({ id }) => id),
          ids,
        );
        for (const { fix, where } of findings) assert.ok(fix.length > 20 && where !== '', 'the edge to cut');
      }
    });
  }

  it("finds the sample's own advice, and names the least role instead", () => {
    const assignments = [
      { principal: 'room', role: 'Managed HSM Crypto User', scope: '/' },
      { principal: 'room', role: 'Managed HSM Crypto Officer', scope: '/' },
    ];
    const findings = findUnattestedPaths({ ...SAFE, assignments });
    assert.deepEqual(
      findings.filter(({ severity }) => severity === 'error').map(({ id }) => id),
      ['PATH_OPERATIONS', 'PATH_GRANT'],
    );
    assert.ok(findings.every(({ fix }) => fix.includes(`'${RELEASE_USER}' at /keys/notes`)));
  });

  it('refuses an export of another form', () => {
    assert.throws(() => readKeyExposure({ key: {}, unknown: 1 }), { code: 'EXPOSURE_INVALID' });
  });
});
