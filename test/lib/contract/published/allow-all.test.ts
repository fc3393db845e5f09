// Every reader of a policy hash knows every published policy that allows everything: one list, looped over at each.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import { appraisePolicyClaim } from '../../../../src/lib/attestation/maa/appraise-token.js';
import { publicPolicyReason } from '../../../../src/lib/attestation/published.js';
import { findUnattestedPaths } from '../../../../src/lib/evidence/unattested-paths.js';
import { parseSha256Hex, sha256Hex } from '../../../../src/lib/base/bytes/digest.js';
import { allowsEverything } from '../../../../src/lib/cce-policy/read/allow-all.js';
import { parsePolicy } from '../../../../src/lib/cce-policy/read/policy-model.js';
import { PUBLISHED_ALLOW_ALL, publishedAllowAll } from '../../../../src/lib/contract/published/allow-all.js';
import { buildReleasePolicy, releasePolicyOf } from '../../../../src/lib/contract/release-policy/build.js';
import { renderReleasePolicy } from '../../../../src/lib/contract/release-policy/grammar.js';
import { lintReleasePolicy } from '../../../../src/lib/contract/release-policy/lint.js';
import { judgeKey } from '../../../../src/lib/parties/doctor/resource-checks.js';
import { judgeAgreement } from '../../../../src/lib/parties/before/judge-agreement.js';
import { agreementEvidence, NOBODY_ASKS } from '../../../support/agreement-evidence.js';
import { EVIDENCE_VECTORS, VECTORS } from '../../../support/attestation-vectors.js';
import { exampleParsedContract } from '../../../support/contract.js';

const AUTHORITY = 'https://sharedweu.weu.attest.azure.net';
const PARSED = exampleParsedContract();

/* Decisions of hcsshim's open door policy at api 0.12.0, in its order. */
const OPEN_DOOR: readonly (readonly [string, string])[] = [
  ...plain('mount_device', 'rw_mount_device', 'mount_blockdev', 'mount_overlay'),
  ['create_container', '"env_list": null, "allow_stdio_access": true'],
  ...plain('mount_cims', 'registry_changes', 'unmount_device', 'rw_unmount_device', 'unmount_blockdev'),
  ...plain('unmount_overlay'),
  ['exec_in_container', '"env_list": null'],
  ['exec_external', '"env_list": null, "allow_stdio_access": true'],
  ...plain('shutdown_container', 'signal_container_process', 'plan9_mount', 'plan9_unmount'),
  ...plain('get_properties', 'dump_stacks', 'runtime_logging', 'load_fragment', 'scratch_mount'),
  ...plain('scratch_unmount', 'log_provider', 'load_transparency_trust_list', 'host_network'),
];

function plain(...points: readonly string[]): readonly (readonly [string, string])[] {
  return points.map((point) => [point, ''] as const);
}

function openDoor(): string {
  const decisions = OPEN_DOOR.map(
    ([point, more]) => `${point} := {"allowed": true${more === '' ? '' : `, ${more}`}}`,
  );
  return ['package policy', '', 'api_version := "0.12.0"', '', ...decisions, ''].join('\n');
}

function publishedTexts(): readonly string[] {
  const paths = EVIDENCE_VECTORS.flatMap(({ inputs }) => inputs['policy'] ?? []);
  const texts = [...new Set(paths)].map((path) => readFileSync(join(VECTORS, path), 'utf8'));
  const known = texts.filter((text) => publishedAllowAll(sha256Hex(text)) !== null);
  const all = [...known, openDoor()];
  return [...new Set(all.flatMap((text) => [text, text.replace(/\n$/, '')]))];
}

describe('published policies that allow everything', () => {
  it('are each listed once, with source and day', () => {
    const hashes = PUBLISHED_ALLOW_ALL.map(({ hash }) => hash);
    assert.equal(new Set(hashes).size, hashes.length);
    for (const { hash, source, readAt } of PUBLISHED_ALLOW_ALL) {
      assert.notEqual(parseSha256Hex(hash), null);
      assert.match(source, /^(?:microsoft|Azure)\/[\w-]+, /);
      assert.match(readAt, /^20\d\d-\d\d-\d\d$/);
    }
  });

  for (const { hash, source } of PUBLISHED_ALLOW_ALL) {
    const policyHash = parseSha256Hex(hash)!;
    const policy = buildReleasePolicy({ policyHash, authorities: [AUTHORITY], guestSvn: 2 });
    const releasePolicy = { text: renderReleasePolicy(policy), immutable: true };
    const key = { kty: 'RSA-HSM', operations: ['wrapKey'], exportable: true, releasePolicy };

    it(`I4: are known to every reader of a hash (${hash.slice(0, 8)}…)`, () => {
      const finding = lintReleasePolicy(policy).find(({ id }) => id === 'RELEASE_POLICY_ALLOW_ALL');
      assert.ok(finding?.message.includes(source), 'lint of a release policy');
      assert.throws(() => releasePolicyOf(PARSED.contract, policyHash), { code: 'POLICY_PUBLIC' });
      assert.notEqual(publicPolicyReason(hash), null, 'evidence');
      const token = { claims: { 'x-ms-sevsnpvm-hostdata': hash } } as never;
      assert.match(appraisePolicyClaim(token)[0]?.reason ?? '', /published/, 'a token');
      assert.equal(judgeKey('notes', { ...key, enabled: true }).status, 'fail', 'doctor');
      const id = 'https://fabrikam-hsm.managedhsm.azure.net/keys/notes/1';
      const exposure = { key: { ...key, id, imported: false }, owners: [], assignments: [], sas: [] };
      const paths = findUnattestedPaths(exposure).map((path) => path.id);
      assert.deepEqual(paths, ['RELEASE_POLICY_ALLOW_ALL'], 'key lint');
      assert.ok(allowsEverything({ form: 'unknown', raw: '', hash: policyHash, problem: '', line: 1 }));
    });
  }

  for (const text of publishedTexts()) {
    it(`I4: are refused by verify-policy (${sha256Hex(text).slice(0, 8)}…)`, () => {
      assert.notEqual(publishedAllowAll(sha256Hex(text)), null);
      assert.ok(allowsEverything(parsePolicy(text)));
      const evidence = agreementEvidence({ parsed: PARSED, file: { kind: 'read', text } });
      const { checks } = judgeAgreement(evidence, NOBODY_ASKS);
      assert.equal(checks.find(({ id }) => id === 'POLICY_NOT_PUBLIC')?.status, 'fail');
    });
  }
});
