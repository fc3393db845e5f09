// CCE policies that allow everything and are published: whoever knows the text runs any program under that HOST_DATA.

export interface PublishedAllowAll {
  /** SHA-256 of the policy's text, lower-case hex: the HOST_DATA of a group that runs under it. */
  readonly hash: string;
  /** Public repository that holds the text, or uses the hash for it. */
  readonly source: string;
  /** Day on which the source was read, ISO 8601. */
  readonly readAt: string;
}

const HCSSHIM = 'microsoft/hcsshim, pkg/securitypolicy/open_door.rego';

/**
 * Every one that is known. A text is published with its final line break and often injected without it: both are
 * listed. A hash is not enough (one more blank line changes it), so readers of a policy judge its meaning as well.
 */
export const PUBLISHED_ALLOW_ALL: readonly PublishedAllowAll[] = [
  ...publishedTwice(`${HCSSHIM} of v0.15.0-rc.4 (api 0.12.0)`, [
    'b1fdacacae2839888895ad69429aad533d5db25f11d26638fc867e2b21946f6e',
    'a60a89874aae598ec43a2755968a90d8f3da9219b5530c71f923263e68ca3977',
  ]),
  ...publishedTwice(`${HCSSHIM} of v0.15.0-rc.1 to rc.3 (api 0.11.0)`, [
    '33f7d4b56df2e30076a8fd8f3363cacae91160125988024ea17e6bd92e37cdb5',
    'e8047fb80da7edef6657ea2dec6da884ead2f012f80120830bfc6c2380a2dc39',
  ]),
  ...publishedTwice(`${HCSSHIM} of v0.10.0-rc.8 to v0.14.1 (api 0.10.0)`, [
    '3429a5d5c904b6e3fc00c0d0e8771a119a798d669885bd9c83930eb19720ea0b',
    '1822c9101422829a3d01e0d509deb4e744c218bee9e87b99fc6c48a6e8804d5d',
  ]),
  ...publishedTwice(`${HCSSHIM} of v0.10.0-rc.5 to rc.7`, [
    '32370631fd7367c718e7347a56054066e2b81e3ad1644bfb089e0fa975b9b782',
    '01348c54e6706e43145209444629ea87d7fcd3a3a59bb3286bb9aa16e7249c4b',
  ]),
  ...publishedTwice(
    `${HCSSHIM} of v0.10.0-rc.3 and rc.4; microsoft/confidential-sidecar-containers, pkg/attest/test_data`,
    [
      'cadd74f71ebb8fbf9782baab649612520f3c416bc5ce9ac768808ddc8d9b031c',
      '7925760b568ed7719a785adf5c6b03255d1c520d91bb1da334a38062a6c5a0ff',
    ],
  ),
  ...publishedTwice(`${HCSSHIM} of v0.10.0-rc.2`, [
    '61e9ad9cf545bacc54367c3023dcec915bcef4c3cc73ef17b68a072fd9964e78',
    'fdfb6c643de3ee90625fa7eff7356d034d52a273813a6441c53aa78d2ab0aebb',
  ]),
  ...publishedTwice('Azure/azure-cleanroom, samples/reports/insecure-virtual', [
    '73973b78d70cc68353426de188db5dfc57e5b766e399935fb73a61127ea26d20',
    'fd4911ac99886dbc8957a5194f45a4cc6c69c2d3a76b76d692734fc961c33230',
  ]),
  ...publishedTwice('microsoft/TEE-Attestation-Verification, test data; microsoft/CCF, tests', [
    '4f4448c67f3c8dfc8de8a5e37125d807dadcc41f06cf23f615dbd52eec777d10',
    '16a24d2946b16b9a1f3d9a23eaafc1c5f4862e78f5f6a551870c0cacf0466c47',
  ]),
  {
    hash: 'ab6ccfea6e8c9c6233b1a4631cfd6440ecf910694b34d7e92e0236738758831e',
    source: 'microsoft/CCF, tests: the JSON form for the first guests',
    readAt: '2026-11-30',
  },
  ...publishedTwice('microsoft/confidential-aci-attestation, examples', [
    'b3452a0ed30f1010bd32740dd1610bc63296ceb0f882f2cac3a3152d651fe7e4',
    'c1892c5c6cf0d10162e2ecabb29cded8b0f9cb3d83644f94ecff94cc3f6cc94e',
  ]),
  {
    hash: '7ec5120f0f497e22b18e59ed702ed82e2732562245c9a944f54cd41db4f491af',
    source: 'Azure/azure-cleanroom, tests of the governance service',
    readAt: '2026-11-30',
  },
];

/** The entry of a hash (lower-case hex); null says nothing. */
export function publishedAllowAll(hash: string): PublishedAllowAll | null {
  return PUBLISHED_ALLOW_ALL.find((entry) => entry.hash === hash) ?? null;
}

/* With its final line break, and without. */
function publishedTwice(source: string, hashes: readonly [string, string]): readonly PublishedAllowAll[] {
  return hashes.map((hash) => ({ hash, source, readAt: '2026-11-30' }));
}
