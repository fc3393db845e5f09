// The newest forms of policies: what allows everything is known whatever its form, and what is new is linted and explained.

import assert from 'node:assert/strict';

import { diffPolicies } from '../../../src/lib/cce-policy/compare/diff-policies.js';
import { explainPolicy } from '../../../src/lib/cce-policy/explain/explain-policy.js';
import { contractPolicyContent } from '../../../src/lib/cce-policy/generate/contract-policy.js';
import { lintPolicy } from '../../../src/lib/cce-policy/lint/lint-policy.js';
import type { LintId } from '../../../src/lib/cce-policy/lint/lint-rules.js';
import { allowsEverything } from '../../../src/lib/cce-policy/read/allow-all.js';
import { parsePolicy } from '../../../src/lib/cce-policy/read/policy-model.js';
import { recogniseProfile } from '../../../src/lib/cce-policy/read/recognise-profile.js';
import { renderPolicy } from '../../../src/lib/cce-policy/text/render-policy.js';
import { parsedContract, roomImages } from '../../support/room-fixture.js';
import { policyVectors, profileOf } from '../../support/policy-vectors.js';

const CONTENT = contractPolicyContent({
  parsed: parsedContract(),
  tlsRoots: null,
  images: roomImages(),
  profile: '2.2-prerelease',
});
const NEWEST = renderPolicy(CONTENT, { profile: '2.2-prerelease', layout: 'compact' }).text;

/* hcsshim's open door at api 0.12.0: its questions in their order, and what it answers. */
const OPEN_DOOR_POINTS = [
  ...['mount_device', 'rw_mount_device', 'mount_blockdev', 'mount_overlay', 'create_container', 'mount_cims'],
  ...['registry_changes', 'unmount_device', 'rw_unmount_device', 'unmount_blockdev', 'unmount_overlay'],
  ...['exec_in_container', 'exec_external', 'shutdown_container', 'signal_container_process', 'plan9_mount'],
  ...['plan9_unmount', 'get_properties', 'dump_stacks', 'runtime_logging', 'load_fragment', 'scratch_mount'],
  ...['scratch_unmount', 'log_provider', 'load_transparency_trust_list', 'host_network'],
];

function openDoor(end = ''): string {
  const answers: Readonly<Record<string, string>> = {
    create_container: '{"allowed": true, "env_list": null, "allow_stdio_access": true}',
    exec_in_container: '{"allowed": true, "env_list": null}',
    exec_external: '{"allowed": true, "env_list": null, "allow_stdio_access": true}',
  };
  const lines = OPEN_DOOR_POINTS.map((point) => `${point} := ${answers[point] ?? '{"allowed": true}'}`);
  return ['package policy', '', 'api_version := "0.12.0"', '', ...lines].join('\n') + end;
}

function ids(text: string): readonly LintId[] {
  return lintPolicy(parsePolicy(text)).map(({ id }) => id);
}

describe('policies that allow everything', () => {
  it('I4: knows hcsshim’s own at api 0.12.0, by hash and by meaning', () => {
    assert.equal(
      parsePolicy(openDoor('\n')).hash,
      'b1fdacacae2839888895ad69429aad533d5db25f11d26638fc867e2b21946f6e',
    );
    assert.equal(
      parsePolicy(openDoor()).hash,
      'a60a89874aae598ec43a2755968a90d8f3da9219b5530c71f923263e68ca3977',
    );
    assert.ok(ids(openDoor('\n')).includes('POLICY_ALLOW_ALL'));
    assert.ok(ids(openDoor('\n\n')).includes('POLICY_ALLOW_ALL'));
  });

  for (const [what, text] of [
    ['a question that is not known', openDoor('\nfuture_question := {"allowed": true}\n')],
    ['a rule of free Rego', openDoor('\nhelper(x) { x == 1 }\n')],
    ['an import that is not known', openDoor().replace('api_version', 'import data.other\n\napi_version')],
    ['answers that begin with =', openDoor('\nx { true }').replaceAll(':=', '=')],
    ['answers as defaults', openDoor('\nx { true }').replaceAll(/^(\w+_\w+) := \{/gm, 'default $1 := {')],
  ] as const) {
    it(`I5: sees it through ${what}`, () => {
      const model = parsePolicy(text);
      assert.equal(model.form, 'unknown');
      assert.equal(allowsEverything(model), true);
      const found = lintPolicy(model);
      assert.deepEqual(new Set(found.map(({ id }) => id)), new Set(['POLICY_ALLOW_ALL', 'POLICY_FORM']));
    });
  }

  it('says nothing of the kind about an unknown text that decides by rules', () => {
    assert.equal(allowsEverything(parsePolicy(`${NEWEST}\nx { true }`)), false);
  });
});

describe('policies of api 0.12.0 and framework 0.5.0', () => {
  it('are read, and clean ones have no error', () => {
    assert.equal(parsePolicy(NEWEST).form, 'known');
    const errors = lintPolicy(parsePolicy(NEWEST)).filter(({ severity }) => severity === 'error');
    assert.deepEqual(errors, []);
  });

  const rule =
    '{"env_rules":[{"name":"LD_PRELOAD","name_strategy":"string","value":".+","value_strategy":"re2"}],"mounts":[]}';
  const list =
    '{"issuer":"did:x509:0:sha256:AA::eku:1.2","subject":"ledgers","minimum_svn":"0","allowed_ledgers":["*"]}';
  const door = openDoor();
  for (const [threat, what, text, expected] of [
    [
      'I4',
      'the host’s network',
      NEWEST.replace('allow_host_network := false', 'allow_host_network := true'),
      ['HOST_NETWORK'],
    ],
    [
      'I4',
      'the host’s network, always',
      NEWEST.replace('host_network := data.framework.host_network', 'host_network := {"allowed": true}'),
      ['POINT_ALWAYS_ALLOWED'],
    ],
    ['O4', 'platform rules', `${NEWEST}\nplatform_rules := [${rule}]`, ['PLATFORM_RULES', 'ENV_DANGEROUS']],
    [
      'O3',
      'a trust list for any ledger',
      `${NEWEST}\ntransparency_trust_lists := [${list}]`,
      ['TRUST_LIST_BROAD'],
    ],
    [
      'O3',
      'platform rules of a fragment',
      NEWEST.replace('"fragments"\n', '"platform_rules"\n'),
      ['FRAGMENT_INCLUDES'],
    ],
    [
      'I6',
      'a rule in parts that takes any name',
      NEWEST.replace(
        '"env_rules":[',
        '"env_rules":[{"name":".+","name_strategy":"re2","value":"x","value_strategy":"string"},',
      ),
      ['ENV_ANY_NAME'],
    ],
    [
      'I7',
      'a rule in parts with an alternative',
      NEWEST.replace(
        '"env_rules":[',
        '"env_rules":[{"name":"A|B","name_strategy":"re2","value":"x","value_strategy":"string"},',
      ),
      ['ENV_ANY_NAME'],
    ],
    ['I4', 'an open door', door, ['POLICY_ALLOW_ALL']],
  ] as const) {
    it(`${threat}: finds ${expected.join(' and ')} in ${what}`, () => {
      assert.notEqual(text, NEWEST);
      const found = ids(text);
      for (const id of expected) assert.ok(found.includes(id), found.join());
    });
  }

  it('pass over platform rules under older frameworks, as the guest does', () => {
    const older = `${NEWEST.replace('"0.5.0"', '"0.2.3"')}\nplatform_rules := [${rule}]`;
    assert.ok(!ids(older).includes('PLATFORM_RULES'));
  });

  it('are explained', () => {
    const demanding = NEWEST.replace(
      '"minimum_svn": "4"',
      '"minimum_svn": "4", "required_receipts": ["TTL:ledgers"], "parameters": {"size": 1}',
    );
    const text = explainPolicy(
      parsePolicy(`${demanding}\nplatform_rules := [${rule}]\ntransparency_trust_lists := [${list}]`),
    );
    for (const part of [
      'once it is in the public ledger: a ledger of ledgers',
      'with size fixed',
      'Every program may be given besides: ^LD_PRELOAD',
      'Keys of any ledger',
    ]) {
      assert.ok(text.includes(part), text);
    }
  });

  it('I5: are compared, what is new included', () => {
    const before = parsePolicy(NEWEST);
    const paths = (text: string): readonly string[] =>
      diffPolicies(before, parsePolicy(text)).map(({ path }) => path);
    assert.deepEqual(paths(`${NEWEST}\nplatform_rules := [${rule}]`), ['platform_rules']);
    assert.deepEqual(paths(`${NEWEST}\ntransparency_trust_lists := [${list}]`), ['transparency_trust_lists']);
    assert.equal(
      paths(NEWEST.replace('"minimum_svn": "4"', '"minimum_svn": "4", "parameters": {"a": 1}')).length,
      1,
    );
  });
});

describe('text profiles', () => {
  for (const profile of ['1.x-early', '1.x', '2.0', '2.1', '2.2', '2.2-prerelease'] as const) {
    it(`recognises the text of ${profile}`, () => {
      const content = contractPolicyContent({
        parsed: parsedContract(),
        tlsRoots: null,
        images: roomImages(),
        profile,
      });
      for (const layout of ['compact', 'pretty'] as const) {
        const found = recogniseProfile(parsePolicy(renderPolicy(content, { profile, layout }).text));
        assert.ok(
          found.some((candidate) => candidate.profile === profile && candidate.layout === layout),
          JSON.stringify(found),
        );
      }
    });
  }

  it('recognises every published sample', () => {
    for (const vector of policyVectors()) {
      const { expected } = vector;
      const profile = profileOf(vector);
      const flags = Object.fromEntries(
        Object.entries(expected.allow).map(([name, value]) => [`allow_${name}`, value]),
      );
      const content = {
        fragments: expected.fragments,
        containers: expected.containers,
        flags: flags as never,
      };
      const found = recogniseProfile(parsePolicy(renderPolicy(content, { profile, layout: 'compact' }).text));
      assert.ok(found.length > 0, profile);
    }
  });

  it('I5: recognises none in a text with one more line', () => {
    assert.deepEqual(recogniseProfile(parsePolicy(`${NEWEST}\n`)), []);
  });
});
