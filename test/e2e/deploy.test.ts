// deploy, list, status, logs, restart and destroy against a local Azure: what is planned, what is asked, and each way in
// which Azure refuses.

import assert from 'node:assert/strict';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { createRoomOperator } from '../../src/lib/azure/container-groups.js';
import { decodePolicy, policyHash } from '../../src/lib/cce-policy/read/policy-file.js';
import { prepareDeployment } from '../../src/lib/parties/prepare-deployment.js';
import type { FaultKind } from '../../src/lib/emulator/faults/fault-file.js';
import { SILENT } from '../../src/lib/base/progress.js';
import type { ContainerGroupDescription } from '../../src/lib/ports/container-group.js';
import { type AgreedParties, startAgreedParties } from '../support/agreed-parties.js';
import { runCleanroom, runCleanroomJson } from '../support/run-command.js';
import { useTemporaryDirectory } from '../support/temporary-directory.js';
import { connectionOf } from '../../src/lib/attack-kit/stage/connection-of.js';

const NAME = 'quarterly-notes';

interface Deployed {
  readonly action: string;
  readonly applied: boolean;
  readonly policyHash: string;
  readonly bindings: readonly { readonly dataset: string; readonly kind: string }[];
  readonly groups: readonly {
    readonly name: string;
    readonly action: string;
    readonly differences: readonly {
      readonly what: string;
      readonly from: string | null;
      readonly to: string | null;
    }[];
  }[];
  readonly cost: Record<string, unknown>;
  readonly correlationIds: Record<string, string>;
}

describe('deploying and operating a room', function () {
  this.timeout(120_000);
  const directory = useTemporaryDirectory();
  const { signal } = new AbortController();
  const emulatorBefore = process.env['CLEANROOM_EMULATOR_DIR'];
  let parties: AgreedParties;

  before(async () => {
    parties = await startAgreedParties(directory());
    process.env['CLEANROOM_EMULATOR_DIR'] = parties.stage.emulatorDirectory;
  });
  after(async () => {
    if (emulatorBefore === undefined) delete process.env['CLEANROOM_EMULATOR_DIR'];
    else process.env['CLEANROOM_EMULATOR_DIR'] = emulatorBefore;
    await parties.stop();
  });
  afterEach(() => provoke());

  const at = (name: string): string => join(parties.workspace.contoso.directory, name);
  const provoke = (
    ...faults: readonly { kind: FaultKind; target?: string; times?: number; seconds?: number }[]
  ) => writeFile(join(parties.stage.emulatorDirectory, 'faults.json'), JSON.stringify({ faults }));
  const deploy = (...argv: readonly string[]) =>
    runCleanroomJson('deploy', '-f', at('contract.yaml'), '--profile', 'contoso', ...argv);
  const deployed = async (...argv: readonly string[]): Promise<Deployed> => {
    const { code, json } = await deploy(...argv);
    assert.equal(code, 0, JSON.stringify(json));
    return json['result'] as Deployed;
  };
  const errorOf = async (
    ...argv: readonly string[]
  ): Promise<{ code: number; error: { code: string; message: string; hint: string } }> => {
    const { code, json } = await deploy(...argv);
    return { code, error: json['error'] as { code: string; message: string; hint: string } };
  };
  const operate = (...argv: readonly string[]) => runCleanroomJson(...argv, '--profile', 'contoso');
  const rooms = () => parties.workspace.contoso.services.rooms();
  /** The planned group, with stand-ins for its secrets. */
  const describedGroup = async (): Promise<ContainerGroupDescription> => {
    const planned = await prepareDeployment(
      parties.workspace.contoso,
      {
        contractPath: at('contract.yaml'),
        policyPath: undefined,
        imageFlags: undefined,
        name: undefined,
        dnsNameLabel: undefined,
        parameters: new Map(),
        cacheDirectory: parties.stage.cacheDirectory,
      },
      { progress: SILENT, signal },
    );
    return planned.described[0]!;
  };

  it('plans without changing anything: hash, cost, and what could not be read', async () => {
    const plan = await deployed('--what-if', '--policy', at('policy.rego'));
    assert.deepEqual([plan.action, plan.applied], ['create', false]);
    assert.equal(plan.policyHash, parties.agreement.policy.hash);
    assert.deepEqual(plan.cost, {
      groups: 1,
      vcpu: 2.5,
      memoryGiB: 9,
      region: 'westeurope',
      sku: 'Confidential',
    });
    assert.deepEqual(
      plan.bindings.map(({ dataset, kind }) => [dataset, kind]),
      [['notes', 'unread']],
    );
    assert.equal(await (await rooms()).get(NAME), null);
  });

  it('I5: refuses a policy file that is not, byte for byte, the one recomputed', async () => {
    const tampered = at('tampered.rego');
    await writeFile(tampered, `${await readFile(at('policy.rego'), 'utf8')}\n`);
    const { code, error } = await errorOf('--policy', tampered);
    assert.deepEqual([code, error.code], [4, 'POLICY_DRIFT']);
    assert.equal(await (await rooms()).get(NAME), null);
  });

  it('writes a template that holds no secret, and deploys nothing', async () => {
    for (const [file, begins, form] of [
      ['room.template', /^\{/, []],
      ['room.template', /^@secure\(\)/, ['--bicep']],
      ['room.bicep', /^@secure\(\)/, []],
    ] as const) {
      await deployed('--out', at(file), ...form);
      const text = await readFile(at(file), 'utf8');
      assert.match(text, begins);
      assert.match(text, /cleanroomSasResult/);
      assert.ok(!/sig=/.test(text));
    }
    assert.equal(await (await rooms()).get(NAME), null);
  });

  it('creates the room, with a correlation id, and changes nothing the second time', async () => {
    const first = await deployed('--policy', at('policy.rego'));
    assert.deepEqual([first.action, first.applied], ['create', true]);
    assert.match(first.correlationIds[NAME]!, /^[0-9a-f-]{36}$/);
    const second = await deployed('--policy', at('policy.rego'));
    assert.deepEqual([second.action, second.correlationIds], ['none', {}]);
  });

  it('says what differs and asks: refuses where nobody can be asked, replaces with --yes', async () => {
    const { code, error } = await errorOf('--dns', 'contoso-notes');
    assert.deepEqual([code, error.code], [2, 'CONFIRMATION_NEEDED']);
    assert.match(error.message, /DNS name label: contoso-notes is new/);
    const plan = await deployed('--dns', 'contoso-notes', '--what-if');
    assert.deepEqual(plan.groups[0]!.differences, [
      { what: 'DNS name label', from: null, to: 'contoso-notes' },
    ]);
    const replaced = await deployed('--dns', 'contoso-notes', '--yes');
    assert.deepEqual([replaced.action, replaced.applied], ['replace', true]);
    assert.equal((await deployed('--dns', 'contoso-notes')).action, 'none');
  });

  it('replaces a room whose access to storage has run out', async () => {
    const group = await describedGroup();
    const tags = { ...group.tags, 'cleanroom-access-ends': '2020-01-01T00:00:00.000Z' };
    await (
      await rooms()
    ).apply({ ...group, name: 'ended', tags: { ...tags, 'cleanroom-deployment': 'ended' } }, { signal });
    const plan = await deployed('--name', 'ended', '--what-if');
    assert.ok(plan.groups[0]!.differences.some(({ what }) => what === 'access to storage'));
    assert.equal((await operate('destroy', 'ended', '--yes')).code, 0);
  });

  it('lists, shows and restarts it, and explains why there are no logs', async () => {
    const listed = (await operate('list')).json['result'] as { rooms: { name: string }[] };
    assert.deepEqual(
      listed.rooms.map(({ name }) => name),
      [NAME],
    );
    const status = (await operate('status', NAME)).json['result'] as {
      room: { containers: { name: string }[]; events: unknown[] };
    };
    assert.deepEqual(
      status.room.containers.map(({ name }) => name),
      ['summarizer', 'skr'],
    );
    assert.ok(status.room.events.length > 0);
    for (const argv of [['status', NAME], ['list']]) {
      const { stdout } = await runCleanroom(...argv, '--full', '--json', '--profile', 'contoso');
      const [, policy = ''] = /"ccePolicy": *"([^"]+)"/.exec(stdout) ?? [];
      const { json } = await operate(...argv);
      const brief = JSON.stringify(json);
      assert.ok(brief.includes(`"policyHash":"${policyHash(decodePolicy(policy) ?? '')}"`), argv[0]);
      assert.ok(!brief.includes('ccePolicy') && brief.length < 12_000, `${argv[0]}: ${brief.length}`);
    }
    for (const flags of [[], ['--follow']]) {
      const logs = await operate('logs', NAME, ...flags);
      assert.deepEqual((logs.json['result'] as { stdio: string; content: string }).stdio, 'denied');
      assert.match((logs.json['warnings'] as string[]).join(), /denies stdio/);
    }
    assert.equal((await operate('restart', NAME)).code, 0);
  });

  it('leaves container groups alone that it did not make', async () => {
    const group = await describedGroup();
    await (await rooms()).apply({ ...group, name: 'foreign', tags: { team: 'other' } }, { signal });
    assert.equal((await errorOf('--name', 'foreign', '--yes')).error.code, 'ROOM_NOT_OURS');
    for (const argv of [
      ['destroy', 'foreign', '--yes'],
      ['restart', 'foreign'],
    ])
      assert.equal(((await operate(...argv)).json['error'] as { code: string }).code, 'ROOM_NOT_OURS');
    assert.ok((await (await rooms()).get('foreign')) !== null);
    await (await rooms()).remove('foreign', signal);
  });

  it('names the decision of the guest agent where the policy denies the group', async () => {
    const group = await describedGroup();
    const containers = group.containers.map((container) => ({
      ...container,
      environment: container.environment.map((variable) =>
        variable.name === 'CLEANROOM_CONTRACT_URL'
          ? { ...variable, value: 'https://127.0.0.1/other/contract' }
          : variable,
      ),
    }));
    await assert.rejects(
      (await rooms()).apply({ ...group, name: 'denied', containers }, { signal }),
      (error: Error & { code: string }) => {
        assert.equal(error.code, 'POLICY_DENIED');
        assert.match(error.message, /denied create_container: .*env/);
        return true;
      },
    );
    await (await rooms()).remove('denied', signal);
  });

  const REFUSALS: readonly (readonly [FaultKind, string])[] = [
    ['quota', 'QUOTA_REACHED'],
    ['no-confidential-sku', 'REGION_NOT_CONFIDENTIAL'],
    ['no-capacity', 'REGION_FULL'],
    ['dns-name-taken', 'DNS_NAME_TAKEN'],
    ['image-not-found', 'IMAGE_NOT_FOUND'],
    ['pull-denied', 'IMAGE_PULL_DENIED'],
    ['identity-missing', 'ROOM_IDENTITY_MISSING'],
    ['provisioning-failed', 'DEPLOYMENT_FAILED'],
  ];
  for (const [kind, expected] of REFUSALS) {
    it(`has an error and a fix of its own for ${kind}: ${expected}`, async () => {
      await provoke({ kind, target: 'unlucky' });
      const { code, error } = await errorOf('--name', 'unlucky');
      assert.deepEqual([code, error.code], [6, expected], error.message);
      assert.ok(error.hint.length > 20);
      await (await rooms()).remove('unlucky', signal);
    });
  }

  it('waits out throttling, as long as the service says', async () => {
    await provoke({ kind: 'throttled', target: 'patient', times: 2, seconds: 1 });
    const before = performance.now();
    assert.equal((await deployed('--name', 'patient')).action, 'create');
    assert.ok(performance.now() - before >= 1900, 'Retry-After was not kept');
    await (await rooms()).remove('patient', signal);
  });

  it('says that it is throttled where that does not end', async () => {
    await provoke({ kind: 'throttled', target: 'throttled', seconds: 0 });
    assert.equal((await errorOf('--name', 'throttled')).error.code, 'SERVICE_THROTTLED');
  });

  it('waits for a role that was assigned a moment ago, and says so', async () => {
    await provoke({ kind: 'role-not-yet-effective', target: 'new-role', times: 1 });
    const { code, stdout, stderr } = await runCleanroom(
      ...['deploy', '-f', at('contract.yaml'), '--profile', 'contoso', '--name', 'new-role'],
    );
    assert.equal(code, 0, stdout + stderr);
    assert.match(stderr, /new-role: waiting for a role that was assigned just now/);
    await (await rooms()).remove('new-role', signal);
  });

  it('names the refusal where a role never takes effect', async () => {
    const { contoso } = parties.workspace;
    const { subscription = '', resourceGroup = '' } = contoso.profile;
    const location = { subscription, resourceGroup };
    const operator = createRoomOperator(await connectionOf(contoso), location, {
      roleWaitMs: 2000,
      pollMs: 50,
    });
    const group = { ...(await describedGroup()), name: 'new-role' };
    await provoke({ kind: 'role-not-yet-effective', target: 'new-role' });
    await assert.rejects(operator.apply(group, { signal }), { code: 'ROLE_NOT_EFFECTIVE' });
  });

  it('stops waiting after the time it was given, and leaves the group to go on', async () => {
    await provoke({ kind: 'provisioning-slow', target: 'slow', seconds: 5 });
    const planned = await prepareDeployment(
      parties.workspace.contoso,
      {
        contractPath: at('contract.yaml'),
        policyPath: undefined,
        imageFlags: undefined,
        name: 'slow',
        dnsNameLabel: undefined,
        parameters: new Map(),
        cacheDirectory: parties.stage.cacheDirectory,
        timeoutMs: 1000,
      },
      { progress: SILENT, signal },
    );
    await assert.rejects(planned.apply(), { code: 'DEPLOYMENT_TIMEOUT' });
    assert.ok((await (await rooms()).get('slow')) !== null);
    await (await rooms()).remove('slow', signal);
  });

  it('refuses a room without an identity and without tokens: its sidecar could show nothing to any vault', async () => {
    const { contoso } = parties.workspace;
    const profile = { ...contoso.profile, roomIdentity: undefined };
    await assert.rejects(
      prepareDeployment(
        { ...contoso, profile },
        {
          contractPath: at('contract.yaml'),
          policyPath: undefined,
          imageFlags: undefined,
          name: undefined,
          dnsNameLabel: undefined,
          parameters: new Map(),
          cacheDirectory: parties.stage.cacheDirectory,
        },
        { progress: SILENT, signal },
      ),
      { code: 'ROOM_IDENTITY_MISSING' },
    );
  });

  it('refuses another party than the host', async () => {
    const asFabrikam = await runCleanroomJson('deploy', '-f', at('contract.yaml'), '--profile', 'fabrikam');
    assert.equal((asFabrikam.json['error'] as { code: string }).code, 'NOT_THE_HOST');
  });

  it('X7: shows no SAS in what it prints, whatever it does', async () => {
    const shown = await runCleanroom(
      'deploy',
      '-f',
      at('contract.yaml'),
      '--profile',
      'contoso',
      '--dns',
      'contoso-notes',
    );
    assert.ok(!/sig=|skoid=/.test(shown.stdout + shown.stderr));
    const status = await runCleanroom('status', NAME, '--json', '--profile', 'contoso');
    assert.ok(!/sig=|skoid=/.test(status.stdout));
  });

  it('removes only after being told so, and only the room', async () => {
    const asked = await operate('destroy', NAME);
    assert.deepEqual(
      [asked.code, (asked.json['error'] as { code: string }).code],
      [2, 'CONFIRMATION_NEEDED'],
    );
    const { json } = await operate('destroy', NAME, '--yes');
    assert.deepEqual(json['result'], { rooms: [NAME], removed: true });
    assert.equal(((await operate('status', NAME)).json['error'] as { code: string }).code, 'ROOM_NOT_FOUND');
  });
});
