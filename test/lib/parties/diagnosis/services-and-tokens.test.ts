// `why` on what services answer, and on tokens.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import type { Sha256Hex } from '../../../../src/lib/base/bytes/digest.js';
import { type KnownPolicy } from '../../../../src/lib/cce-policy/read/policy-model.js';
import { diagnose } from '../../../../src/lib/parties/diagnosis/diagnose.js';
import { CONTAINER_EXITS } from '../../../../src/lib/parties/diagnosis/explain-group.js';
import { ERROR_CODES } from '../../../../src/lib/base/error-codes.js';
import { buildReleasePolicy } from '../../../../src/lib/contract/release-policy/build.js';
import { ROOM_EXIT } from '../../../../src/lib/room/exit-codes.js';
import { exampleParsedContract } from '../../../support/contract.js';
import {
  CHALLENGE,
  claimsOf,
  GROUP_THAT_ENDED,
  HSM_ERRORS,
  MAA_INVALID,
  releaseOf,
  SIDECAR_RELEASE,
  SIDECAR_TWO_BODIES,
  storageError,
  tokenOf,
} from './failures.js';
import { NOTHING, first, failedClaims, knownPolicy } from './diagnosed.js';

describe('why: services', () => {
  for (const [text, code] of HSM_ERRORS) {
    it(`names ${code} in ${(JSON.parse(text) as { error: { message: string } }).error.message.slice(0, 60)}`, () => {
      assert.equal(first(text).code, code);
    });
  }

  it('takes the numbers and the codes of Azure as words', () => {
    assert.equal(first('AKV.SKR.1020').code, 'KEY_POLICY_IMMUTABLE');
    assert.equal(first('KeyNotFound').code, 'KEY_NOT_FOUND');
    assert.equal(first('PolicyEvaluationError').kind, 'attestation-error');
  });

  it('reads tenant and audience out of a 401 challenge', () => {
    const { code, why, fix } = first(CHALLENGE);
    assert.equal(code, 'SERVICE_UNAUTHENTICATED');
    assert.match(why.join(' '), /managedhsm\.azure\.net/);
    assert.match(fix.join(' '), /11111111-2222/);
  });

  it('finds the vault and the attestation service behind the sidecar', () => {
    assert.equal(first(SIDECAR_RELEASE).code, 'KEY_RELEASE_DENIED');
    assert.equal(first(SIDECAR_TWO_BODIES).code, 'ATTESTATION_REFUSED');
  });

  it('explains what the attestation service refused', () => {
    const { kind, code } = first(MAA_INVALID);
    assert.deepEqual([kind, code], ['attestation-error', 'ATTESTATION_REFUSED']);
  });

  it('says which clause fails when contract, policy and release policy are given', () => {
    const contract = exampleParsedContract();
    const policy = knownPolicy();
    const releasePolicy = buildReleasePolicy({
      policyHash: 'ab'.repeat(32) as Sha256Hex,
      authorities: contract.contract.attestation.authorities,
      guestSvn: 2,
    });
    const diagnosis = first(HSM_ERRORS[0]![0], { ...NOTHING, contract, policy, releasePolicy });
    assert.deepEqual(failedClaims(diagnosis), ['x-ms-sevsnpvm-hostdata']);
  });

  for (const [text, code, why] of [
    [
      storageError(
        'AuthorizationPermissionMismatch',
        'This request is not authorized to perform this operation using this permission.',
      ),
      'SERVICE_FORBIDDEN',
      /no role for this on the blob/,
    ],
    [
      storageError(
        'AuthenticationFailed',
        'Server failed to authenticate the request.',
        'Signed expiry time [Fri, 20 Nov 2026 09:00:00 GMT] must be after signed start time',
      ),
      'SERVICE_UNAUTHENTICATED',
      /SAS or token/,
    ],
    [storageError('BlobNotFound', 'The specified blob does not exist.'), 'BLOB_MISSING', /not uploaded yet/],
    [
      storageError('PublicAccessNotPermitted', 'Public access is not permitted on this storage account.'),
      'SERVICE_UNAUTHENTICATED',
      /without a SAS/,
    ],
  ] as const) {
    it(`reads storage’s XML: ${code}, ${/<Code>(\w+)/.exec(text)?.[1] ?? ''}`, () => {
      const found = first(text);
      assert.deepEqual([found.kind, found.code], ['storage-error', code]);
      assert.match(found.why.join(' '), why);
    });
  }

  it('tells a token of another tenant from one for another service, in the vault’s own words', () => {
    for (const [text, why] of [
      [
        'AKV10032: Invalid issuer. Expected one of https://sts.windows.net/a/, found https://sts.windows.net/b/.',
        /another tenant/,
      ],
      [
        '{"error":{"code":"Unauthorized","message":"AKV10022: Invalid audience. Expected https://vault.azure.net, found: https://management.azure.com."}}',
        /another service/,
      ],
    ] as const) {
      const found = first(text);
      assert.equal(found.code, 'SERVICE_UNAUTHENTICATED');
      assert.match(found.why.join(' '), why);
    }
  });

  it('explains a group in ARM’s form once, by its name', () => {
    const found = diagnose(GROUP_THAT_ENDED, NOTHING);
    assert.deepEqual(
      found.map(({ what }) => what),
      ['Container group quarterly-notes is Failed.'],
    );
  });

  it('explains what a container’s exit code means', () => {
    const { code, why } = first(GROUP_THAT_ENDED);
    assert.equal(code, 'KEY_RELEASE_DENIED');
    assert.match(why.join(' '), /exit 20: a key was not released to it/);
  });

  it('reads what status --json says: running containers run, and the room’s own code is explained', () => {
    const room = {
      name: 'quarterly-notes',
      provisioningState: 'Succeeded',
      state: 'Running',
      events: [
        {
          container: 'summarizer',
          name: 'Unhealthy',
          message: 'Readiness probe failed: status 503',
          type: 'Warning',
          count: 2,
          lastSeen: '2026-11-30T10:00:00.000Z',
        },
      ],
      containers: [{ name: 'summarizer', state: 'Running', exitCode: null, restartCount: 1, detail: null }],
    };
    const report = { state: 'refused', phases: [], progress: 0, waiting: [], code: 'DATASET_REFUSED' };
    const found = diagnose(JSON.stringify({ ok: true, result: { rooms: [{ room, report }] } }), NOTHING);
    assert.deepEqual(
      found.map(({ code, what }) => [code, what]),
      [
        [null, 'Container group quarterly-notes is Running.'],
        ['DATASET_REFUSED', ERROR_CODES.DATASET_REFUSED.summary],
      ],
    );
    assert.deepEqual(found[0]?.why, [
      'Container summarizer: Running, restarted 1 times.',
      'Event Unhealthy, last at 2026-11-30T10:00:00.000Z: Readiness probe failed: status 503',
    ]);
  });

  it('knows every exit code of the summarizer', () => {
    for (const exit of Object.values(ROOM_EXIT).filter((value) => value !== 0))
      assert.ok(exit in CONTAINER_EXITS, String(exit));
  });

  it('says of an error that nobody taught it what it says, and no more', () => {
    const { kind, code, fix } = first('{"error":{"code":"TeapotException","message":"short and stout"}}');
    assert.deepEqual([kind, code, fix], ['service-error', null, []]);
  });
});

describe('why: tokens', () => {
  const policy = (): KnownPolicy => knownPolicy();

  it('compares an attestation token with contract and policy, claim by claim', () => {
    const contract = exampleParsedContract();
    const [issuer] = contract.contract.attestation.authorities;
    const references = { ...NOTHING, contract, policy: policy() };
    const good = first(tokenOf(claimsOf(policy().hash, { iss: issuer })), references);
    assert.deepEqual(failedClaims(good), []);
    const changes: readonly (readonly [string, unknown])[] = [
      ['x-ms-sevsnpvm-hostdata', 'ab'.repeat(32)],
      ['x-ms-sevsnpvm-is-debuggable', true],
      ['x-ms-sevsnpvm-migration-allowed', true],
      ['x-ms-sevsnpvm-vmpl', 1],
      ['x-ms-sevsnpvm-guestsvn', 1],
      ['x-ms-compliance-status', 'azure-compliant-cvm'],
      ['x-ms-attestation-type', 'tdxvm'],
      ['iss', 'https://mallory.weu.attest.azure.net'],
      ['exp', 1_700_000_050],
    ];
    for (const [claim, value] of changes) {
      const bad = first(tokenOf(claimsOf(policy().hash, { iss: issuer, [claim]: value })), references);
      assert.deepEqual([...new Set(failedClaims(bad))], [claim]);
    }
  });

  it('prints nothing of a token’s signature, and says that it was not verified', () => {
    const diagnosis = first(`Authorization: Bearer ${tokenOf(claimsOf(policy().hash))}`);
    assert.doesNotMatch(JSON.stringify(diagnosis), /AAAAAAAA/);
    assert.match(diagnosis.why.join(' '), /signature was not checked/);
  });

  it('tells an access token from an attestation token, and its expiry', () => {
    const { kind, code } = first(
      tokenOf({ aud: 'https://vault.azure.net', iss: 'https://sts.windows.net/t/', exp: 1, oid: 'o' }),
    );
    assert.deepEqual([kind, code], ['access-token', 'SERVICE_UNAUTHENTICATED']);
  });

  it('reads a vault’s release: key, form, and the policy hash that it admits', () => {
    const contract = exampleParsedContract();
    const { vault, name } = contract.contract.datasets[0]!.key;
    const certificate = readFileSync(
      'test/vectors/attestation/synthetic/roots/ark_milan_TEST.pem',
      'utf8',
    ).replace(/-----[^-]+-----|\s/g, '');
    const kid = `https://${vault}/keys/${name}/0123456789abcdef0123456789abcdef`;
    const references = { ...NOTHING, contract, policy: policy() };
    const good = first(releaseOf(kid, policy().hash, certificate), references);
    assert.deepEqual([good.kind, good.code, failedClaims(good)], ['release', null, []]);
    const other = first(
      releaseOf('https://evil.vault.azure.net/keys/x/1', 'ab'.repeat(32), certificate),
      references,
    );
    assert.deepEqual(failedClaims(other), ['kid', 'release policy anyOf[0] x-ms-sevsnpvm-hostdata']);
  });
});
