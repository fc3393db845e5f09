// verify-policy against a local Azure that runs: the room as agreed, the key that is bound to it, and what a host may put
// in their place.

import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

import { createSasIssuer } from '../../src/lib/azure/blob-store.js';
import { openKeyVault } from '../../src/lib/azure/key-vault.js';
import { contractPolicyContent } from '../../src/lib/cce-policy/generate/contract-policy.js';
import { encodePolicy, policyHash } from '../../src/lib/cce-policy/read/policy-file.js';
import { DEBUG_FLAGS } from '../../src/lib/cce-policy/text/defaults.js';
import { type GeneratedPolicy, renderPolicy } from '../../src/lib/cce-policy/text/render-policy.js';
import { DEFAULT_TEXT_PROFILE } from '../../src/lib/cce-policy/text/text-profile.js';
import type { Environment } from '../../src/lib/ports/environment.js';
import type { RunningEmulator } from '../../src/lib/emulator/emulator.js';
import { packSummarizer } from '../../src/lib/images/pack/pack-program.js';
import { SILENT } from '../../src/lib/base/progress.js';
import { fetchRoomReport, roomAddress } from '../../src/lib/parties/room-status.js';
import type { Check } from '../../src/lib/base/verdict/check.js';
import type { Statement } from '../../src/lib/base/verdict/statement.js';
import { agree } from '../../src/lib/attack-kit/stage/agree.js';
import type { Deal } from '../../src/lib/attack-kit/stage/deal.js';
import { pushArchive } from '../../src/lib/attack-kit/stage/push-image.js';
import { openParty } from '../../src/lib/attack-kit/stage/stage.js';
import { encryptText, runRoom } from '../../src/lib/attack-kit/stage/steps.js';
import { rotateDatasetKey } from '../../src/lib/parties/dataset-keys.js';
import { describeGroups } from '../../src/lib/parties/deploy-room.js';
import type { RoomState } from '../../src/lib/ports/ports.js';
import { startTestEmulator } from '../support/local-azure.js';
import { runCleanroomJson } from '../support/run-command.js';
import { useTemporaryDirectory } from '../support/temporary-directory.js';
import { connectionOf } from '../../src/lib/attack-kit/stage/connection-of.js';
import { EXAMPLE_LIMITS } from '../support/contract.js';

const NAME = 'quarterly-notes';
const TEXT =
  'Fabrikam Orchard is a graphical tool for planning deliveries. It reads orders, computes routes, and shows them on a map.\n';
const LIMITS = {
  ...EXAMPLE_LIMITS,
  maxShareOfSource: 1,
  maxCopiedWords: 32,
  maxCopiedShare: 1,
  maxResults: 1,
};

/* As hcsshim's sample: every question of the guest answered with yes. */
const ALLOW_ALL = [
  'package policy',
  '',
  'api_version := "0.10.0"',
  ...['mount_device', 'mount_overlay', 'unmount_device', 'unmount_overlay', 'exec_in_container'],
  ...['shutdown_container', 'signal_container_process', 'plan9_mount', 'plan9_unmount', 'get_properties'],
  ...['dump_stacks', 'runtime_logging', 'load_fragment', 'scratch_mount', 'scratch_unmount'],
  'create_container := {"allowed": true, "env_list": null, "allow_stdio_access": true}',
  'exec_external := {"allowed": true, "allow_stdio_access": true}',
]
  .map((line) => (/^[a-z0-9_]+$/.test(line) ? `${line} := {"allowed": true}` : line))
  .join('\n');

interface Verification {
  readonly verdict: string;
  readonly trust: string;
  readonly policyHash: string;
  readonly statements: readonly Statement[];
  readonly checks: readonly Check[];
}

describe('verify-policy against running services', function () {
  this.timeout(180_000);
  const directory = useTemporaryDirectory();
  const { signal } = new AbortController();
  const emulatorBefore = process.env['CLEANROOM_EMULATOR_DIR'];
  let emulator: RunningEmulator;
  const workspace: Record<'contoso' | 'fabrikam', Environment> = {} as never;
  let agreement: Deal;
  const at = (name: string): string => join(workspace.fabrikam.directory, name);

  before(async () => {
    emulator = await startTestEmulator(join(directory(), 'emulator'));
    process.env['CLEANROOM_EMULATOR_DIR'] = emulator.directory;
    const stage = {
      emulatorDirectory: emulator.directory,
      packageRoot: process.cwd(),
      cacheDirectory: join(directory(), 'cache'),
      progress: SILENT,
      signal,
    };
    for (const party of ['contoso', 'fabrikam'] as const)
      workspace[party] = await openParty(stage, party, join(directory(), party));
    const owner = { environment: workspace.fabrikam, dataset: 'notes' };
    agreement = await agree(stage, {
      name: NAME,
      host: workspace.contoso,
      owners: [owner],
      summarizer: await pushSummarizer(),
      modelDirectory: 'models/t5-demo',
      limits: LIMITS,
    });
    writeFileSync(at('notes.txt'), TEXT);
    await encryptText(stage, owner, at('notes.txt'));
    await runRoom(stage, agreement);
  });

  after(async () => {
    if (emulatorBefore === undefined) delete process.env['CLEANROOM_EMULATOR_DIR'];
    else process.env['CLEANROOM_EMULATOR_DIR'] = emulatorBefore;
    await emulator.stop();
  });

  async function pushSummarizer(): Promise<string> {
    const out = join(directory(), 'summarizer.oci.tar');
    await packSummarizer({ packageRoot: process.cwd(), out, modelDirectory: 'models/t5-demo' });
    return pushArchive(workspace.contoso, out, 'summarizer');
  }

  /* Contoso deploys the agreed containers under a policy of its own choosing. */
  async function deployUnder(name: string, policy: GeneratedPolicy): Promise<RoomState> {
    const { contoso } = workspace;
    const connection = await connectionOf(contoso);
    const [group] = await describeGroups(
      {
        ...agreement,
        name,
        recomputed: policy,
        agreedPolicy: null,
        identity: contoso.profile.roomIdentity ?? null,
        dnsNameLabel: null,
        replicas: null,
        registries: [],
        parameters: new Map(),
      },
      {
        sas: createSasIssuer(connection),
        clock: () => new Date(),
      },
    );
    return (await contoso.services.rooms()).apply(group!, { signal, told: () => undefined });
  }

  async function untilItAnswers(room: RoomState): Promise<void> {
    while ((await fetchRoomReport(room)) === null) await delay(100);
  }

  async function verify(
    profile: 'contoso' | 'fabrikam',
    ...argv: readonly string[]
  ): Promise<{ code: number; result: Verification }> {
    const { code, json } = await runCleanroomJson(
      ...['verify-policy', '-f', at('contract.yaml'), '--profile', profile],
      ...argv,
    );
    assert.equal(json['ok'], true, JSON.stringify(json));
    return { code, result: json['result'] as Verification };
  }
  const checkOf = (result: Verification, id: string): Check =>
    result.checks.find((check) => check.id === id) ?? assert.fail(`no check ${id}`);

  it('accepts policy, key and room that hold to the contract, and lists every check', async () => {
    const { vault, name } = agreement.parsed.contract.datasets[0]!.key;
    const { host, port } = roomAddress((await (await workspace.contoso.services.rooms()).get(NAME))!);
    const { code, result } = await verify(
      'fabrikam',
      ...['--policy', at('policy.rego'), '--key', `https://${vault}/keys/${name}`],
      // The group is Contoso's: Fabrikam sees the room, not the group.
      ...['--room', `https://${host}:${String(port)}`],
    );
    assert.deepEqual(
      result.checks.map(({ id, status }) => `${id} ${status}`),
      [
        'PROGRAM_KNOWN pass',
        'POLICY_RECOMPUTED pass',
        'POLICY_FILE pass',
        'ROOM_POLICY pass',
        'HOST_DATA pass',
        'POLICY_NOT_PUBLIC pass',
        'POLICY_LINT pass',
        'CONTRACT_PINNED pass',
        'CONSENT_SIGNED pass',
        'KEY_RELEASE_POLICY pass',
        'KEY_POLICY_IMMUTABLE pass',
      ],
    );
    assert.equal(code, 0);
    assert.equal(result.verdict, 'accepted');
    assert.equal(result.trust, 'emulated');
    assert.deepEqual(
      result.statements.map(({ id, status, demanded }) => [id, status, demanded]),
      [
        ['PROGRAM', 'proven', true],
        ['POLICY', 'proven', false],
        ['CONTRACT', 'proven', true],
        ['CONSENT', 'proven', false],
        ['KEYS', 'proven', true],
      ],
    );
    assert.equal(checkOf(result, 'HOST_DATA').actual, agreement.policy.hash);
  });

  it("lets the host check its room by name, and lists the other party's key as not read", async () => {
    const { code, result } = await verify('contoso', '--room', NAME);
    assert.equal(code, 0);
    for (const id of ['ROOM_POLICY', 'HOST_DATA']) assert.equal(checkOf(result, id).status, 'pass', id);
    assert.equal(checkOf(result, 'KEY_RELEASE_POLICY').status, 'skip');
  });

  it('I12: says which layer of which container differs in a policy that drifted', async () => {
    const layer = agreement.images.get('summarizer')!.layers[1]!.rootHash;
    writeFileSync(at('drifted.rego'), agreement.policy.text.replace(layer, '0'.repeat(64)));
    const { code, result } = await verify('fabrikam', '--policy', at('drifted.rego'));
    assert.equal(code, 4);
    const { reason } = checkOf(result, 'POLICY_FILE');
    assert.match(reason ?? '', /layer 2 of 3 of summarizer/);
    assert.ok(reason?.includes(layer.slice(0, 12)));
  });

  it('I5: says which variable differs in a policy that drifted', async () => {
    writeFileSync(
      at('variable.rego'),
      agreement.policy.text.replace('"pattern":"TERM=xterm"', '"pattern":"TERM=dumb"'),
    );
    const { code, result } = await verify('fabrikam', '--policy', at('variable.rego'));
    assert.equal(code, 4);
    assert.match(checkOf(result, 'POLICY_FILE').reason ?? '', /TERM/);
  });

  it('I4: refuses a room that runs in debug mode, by its policy and by its report', async () => {
    const debug = renderPolicy(
      {
        ...contractPolicyContent({
          parsed: agreement.parsed,
          tlsRoots: agreement.tlsRoots,
          images: agreement.images,
        }),
        flags: DEBUG_FLAGS,
      },
      { profile: DEFAULT_TEXT_PROFILE, layout: 'compact' },
    );
    await untilItAnswers(await deployUnder('debug-room', debug));
    const { code, result } = await verify('contoso', '--room', 'debug-room');
    assert.equal(code, 5);
    assert.match(checkOf(result, 'ROOM_POLICY').reason ?? '', /dump|logging/i);
    assert.equal(checkOf(result, 'HOST_DATA').status, 'fail');
    assert.equal(checkOf(result, 'HOST_DATA').actual, debug.hash);
  });

  it('I4: refuses a room under a policy that allows everything, whoever agrees to it', async () => {
    const hash = policyHash(ALLOW_ALL);
    await deployUnder('open-room', { text: ALLOW_ALL, base64: encodePolicy(ALLOW_ALL), hash });
    const { code, result } = await verify('contoso', '--room', 'open-room');
    assert.equal(code, 5);
    for (const id of ['ROOM_POLICY', 'POLICY_NOT_PUBLIC']) assert.equal(checkOf(result, id).status, 'fail');
  });

  it('says offline what it could not check, and passes nothing for it', async () => {
    process.env['CLEANROOM_EMULATOR_DIR'] = join(directory(), 'no-emulator');
    const { code, json } = await runCleanroomJson(
      ...['verify-policy', '-f', at('contract.yaml'), '--policy', at('policy.rego')],
    );
    process.env['CLEANROOM_EMULATOR_DIR'] = emulator.directory;
    assert.equal(code, 0, JSON.stringify(json));
    const result = json['result'] as Verification;
    for (const id of ['POLICY_RECOMPUTED', 'ROOM_POLICY', 'HOST_DATA', 'KEY_RELEASE_POLICY']) {
      assert.equal(checkOf(result, id).status, 'skip', id);
      assert.ok((checkOf(result, id).reason ?? '').length > 20, id);
    }
  });

  it('refuses to name a room that is not there', async () => {
    const { code, json } = await runCleanroomJson(
      ...['verify-policy', '-f', at('contract.yaml'), '--profile', 'fabrikam', '--room', 'nowhere'],
    );
    assert.equal(code, 2);
    assert.equal((json['error'] as { code: string }).code, 'ROOM_NOT_FOUND');
  });

  it('I2: refuses a key whose newest version is bound to another policy, and accepts the version before it', async () => {
    const dataset = agreement.parsed.contract.datasets[0]!;
    const vault = await openKeyVault(await connectionOf(workspace.fabrikam), dataset.key.vault);
    const bound = await vault.get(dataset.key.name, null);
    const policy = policyHash('another policy');
    await rotateDatasetKey(vault, { parsed: agreement.parsed, dataset, policyHash: policy });
    const url = `https://${dataset.key.vault}/keys/${dataset.key.name}`;
    const newest = await verify('fabrikam', '--key', url);
    assert.equal(newest.code, 5);
    const check = checkOf(newest.result, 'KEY_RELEASE_POLICY');
    assert.equal(check.status, 'fail');
    assert.ok(check.actual?.includes(policy));
    const earlier = await verify('fabrikam', '--key', `${url}/${bound!.version}`);
    assert.equal(earlier.code, 0);
  });
});
