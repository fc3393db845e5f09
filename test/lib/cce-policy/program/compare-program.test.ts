// Whose code a policy admits: the policy that this toolkit generates for a known room, and every way of changing one part of it.

import assert from 'node:assert/strict';

import { contractPolicyContent } from '../../../../src/lib/cce-policy/generate/contract-policy.js';
import type { ImageConfig, MeasuredImage } from '../../../../src/lib/cce-policy/measured-image.js';
import type { ContainerRule, PolicyContent } from '../../../../src/lib/cce-policy/policy-document.js';
import {
  compareProgram,
  isWhollyKnown,
  type ProgramCandidate,
  type ProgramComparison,
} from '../../../../src/lib/cce-policy/program/compare-program.js';
import {
  type KnownProgram,
  programCandidates,
} from '../../../../src/lib/cce-policy/program/program-candidates.js';
import { parsePolicy } from '../../../../src/lib/cce-policy/read/policy-model.js';
import { renderPolicy } from '../../../../src/lib/cce-policy/text/render-policy.js';
import { DEFAULT_TEXT_PROFILE } from '../../../../src/lib/cce-policy/text/text-profile.js';
import type { Sha256Hex } from '../../../../src/lib/base/bytes/digest.js';
import { exampleParsedContract } from '../../../support/contract.js';

const hash = (letter: string): Sha256Hex => letter.repeat(64) as Sha256Hex;
const MODEL = hash('a');
const ROOM: KnownProgram = {
  release: '1.2.3',
  ground: 'rebuilt',
  status: 'current',
  layers: ['b', 'c', 'd', 'e'].map(hash),
  config: {
    entrypoint: ['node', '/app/lib/room/main.js'],
    env: ['PATH=/usr/local/bin', 'NODE_ENV=production'],
    user: '65532:65532',
    workingDir: '/app',
  },
};
const OLD: KnownProgram = {
  ...ROOM,
  release: '1.2.2',
  ground: 'table',
  status: 'old',
  layers: ['b', 'c', 'd', '1'].map(hash),
};
const SIDECAR: KnownProgram = {
  release: `sha256:${'7'.repeat(64)}`,
  ground: 'table',
  status: 'current',
  layers: ['8', '9'].map(hash),
  config: { entrypoint: ['/bin/skr'], env: ['PATH=/bin'], user: '1000:1000', workingDir: '/' },
};

describe('whose code a policy admits', () => {
  const parsed = exampleParsedContract();
  const input = { parsed, tlsRoots: null, profile: DEFAULT_TEXT_PROFILE };
  const candidates: readonly ProgramCandidate[] = programCandidates({
    ...input,
    modelLayer: MODEL,
    summarizers: [OLD, ROOM],
    sidecars: [SIDECAR],
  });

  function imageOf(
    { layers, config }: KnownProgram,
    below: readonly Sha256Hex[],
    reference: string,
  ): MeasuredImage {
    const image: ImageConfig = {
      architecture: 'amd64',
      os: 'linux',
      cmd: null,
      stopSignal: null,
      labels: {},
      ...config,
    };
    return {
      reference,
      layers: [...below, ...(layers as Sha256Hex[])].map((rootHash) => ({
        diffId: rootHash,
        rootHash,
        bytes: 1,
      })),
      config: image,
    };
  }
  const content = (room = ROOM, sidecar = SIDECAR): PolicyContent =>
    contractPolicyContent({
      ...input,
      images: new Map(
        parsed.contract.room.containers.map(({ name, image }) => [
          name,
          name === 'summarizer' ? imageOf(room, [MODEL], image) : imageOf(sidecar, [], image),
        ]),
      ),
    });
  const compare = (policy: PolicyContent, known = candidates): ProgramComparison =>
    compareProgram(
      parsePolicy(renderPolicy(policy, { profile: DEFAULT_TEXT_PROFILE, layout: 'compact' }).text),
      known,
    );
  const change = (at: number, edit: (rule: ContainerRule) => ContainerRule): PolicyContent => {
    const policy = content();
    return {
      ...policy,
      containers: policy.containers.map((rule, index) => (index === at ? edit(rule) : rule)),
    };
  };

  it('is wholly known for the policy that this toolkit writes for a known room', () => {
    const outcome = compare(content());
    assert.deepEqual(
      outcome.containers.map(({ role, outcome: found, release }) => [role, found, release]),
      [
        ['summarizer', 'same', '1.2.3'],
        ['sidecar', 'same', SIDECAR.release],
        ['pause', 'same', null],
      ],
    );
    assert.equal(isWhollyKnown(outcome), true);
  });

  it('names the release that another version made', () => {
    const [summarizer] = compare(content(OLD)).containers;
    assert.deepEqual(
      [summarizer?.release, summarizer?.ground, summarizer?.status],
      ['1.2.2', 'table', 'old'],
    );
  });

  it('I12: takes an image reference for the label that it is', () => {
    const outcome = compare(change(0, (rule) => ({ ...rule, id: 'evil.example/other@sha256:0' })));
    assert.equal(isWhollyKnown(outcome), true);
    const relabelled = compare(change(0, (rule) => ({ ...rule, layers: [MODEL, hash('f')] })));
    assert.equal(isWhollyKnown(relabelled), false);
  });

  const CHANGES: Readonly<Record<string, (rule: ContainerRule) => ContainerRule>> = {
    'another layer': (rule) => ({ ...rule, layers: [...rule.layers.slice(0, -1), hash('f')] }),
    'a further layer on top': (rule) => ({ ...rule, layers: [...rule.layers, hash('f')] }),
    'its layers in another order': (rule) => ({ ...rule, layers: [...rule.layers].reverse() }),
    'another command': (rule) => ({ ...rule, command: ['node', '/app/lib/room/plain/main.js'] }),
    'a variable that the host may set': (rule) => ({
      ...rule,
      env_rules: [...rule.env_rules, { pattern: '^NODE_OPTIONS=.*$', required: false, strategy: 're2' }],
    }),
    'a variable that the host must no longer set': (rule) => ({
      ...rule,
      env_rules: rule.env_rules.slice(1),
    }),
    'a mount': (rule) => ({
      ...rule,
      mounts: [
        ...rule.mounts,
        { destination: '/app/lib', options: ['rbind'], source: 'sandbox:///tmp/.+', type: 'bind' },
      ],
    }),
    'another directory': (rule) => ({ ...rule, working_dir: '/tmp' }),
    'another user': (rule) => ({
      ...rule,
      user: { ...rule.user, user_idname: { pattern: '', strategy: 'any' } },
    }),
    capabilities: (rule) => ({
      ...rule,
      capabilities: {
        ...(rule.capabilities ?? {
          ambient: [],
          bounding: [],
          effective: [],
          inheritable: [],
          permitted: [],
        }),
        ambient: ['CAP_SYS_ADMIN'],
      },
    }),
    'new privileges': (rule) => ({ ...rule, no_new_privileges: !rule.no_new_privileges }),
    elevation: (rule) => ({ ...rule, allow_elevated: true }),
    'standard output': (rule) => ({ ...rule, allow_stdio_access: !rule.allow_stdio_access }),
    'a process that the host may run in it': (rule) => ({
      ...rule,
      exec_processes: [{ command: ['node', '-e', 'x'], signals: [] }],
    }),
    'another seccomp profile': (rule) => ({ ...rule, seccomp_profile_sha256: '1'.repeat(64) }),
  };
  for (const [what, edit] of Object.entries(CHANGES)) {
    for (const [at, role] of ['summarizer', 'sidecar'].entries()) {
      it(`I32: tells a ${role} with ${what} from the known one, and which part differs`, () => {
        const outcome = compare(change(at, edit));
        const container = outcome.containers[at];
        assert.equal(container?.outcome, 'differs');
        assert.notEqual(container.differences.length, 0);
        assert.equal(isWhollyKnown(outcome), false);
      });
    }
  }

  it('I32: knows no third container, no second summarizer, and misses none', () => {
    const policy = content();
    const [summarizer] = policy.containers;
    for (const containers of [
      [...policy.containers, { ...summarizer!, layers: [hash('f')], command: ['/bin/sh'] }],
      [...policy.containers, summarizer!],
      policy.containers.slice(1),
    ])
      assert.equal(isWhollyKnown(compare({ ...policy, containers })), false);
  });

  it('knows no program where nothing is known', () => {
    const outcome = compare(content(), []);
    assert.deepEqual(
      outcome.containers.map(({ role }) => role),
      ['unknown', 'unknown', 'pause'],
    );
  });

  it('refuses a withdrawn release, which it names', () => {
    const withdrawn = candidates.map((candidate) =>
      candidate.release === '1.2.3' ? { ...candidate, status: 'withdrawn' as const } : candidate,
    );
    const outcome = compare(content(), withdrawn);
    assert.equal(outcome.containers[0]?.status, 'withdrawn');
    assert.equal(isWhollyKnown(outcome), false);
  });

  it("I32: knows no fragment but Microsoft's infrastructure, and no older one", () => {
    const policy = content();
    const [fragment] = policy.fragments;
    for (const changed of [
      { ...fragment!, issuer: 'did:x509:0:sha256:other' },
      { ...fragment!, feed: 'other' },
      { ...fragment!, minimum_svn: '0' },
    ])
      assert.equal(isWhollyKnown(compare({ ...policy, fragments: [changed] })), false);
  });

  it('knows nothing of a text of another form', () => {
    assert.equal(
      isWhollyKnown(compareProgram(parsePolicy('package policy\nallow := true'), candidates)),
      false,
    );
  });
});
