// Container groups of the local Azure through @azure/arm-containerinstance: what runs, what is refused, what survives.

import assert from 'node:assert/strict';
import { mkdir, readdir, writeFile } from 'node:fs/promises';
import { request } from 'node:http';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

import type { ContainerGroup, ContainerInstanceManagementClient } from '@azure/arm-containerinstance';

import {
  containerRule,
  type NamedEnvironmentRule,
} from '../../src/lib/cce-policy/generate/container-rule.js';
import { DEFAULT_SECURITY_CONTEXT } from '../../src/lib/cce-policy/generate/security-context.js';
import { DEFAULT_FLAGS, RESOLV_CONF_MOUNT } from '../../src/lib/cce-policy/text/defaults.js';
import { renderPolicy } from '../../src/lib/cce-policy/text/render-policy.js';
import { textProfile, DEFAULT_TEXT_PROFILE } from '../../src/lib/cce-policy/text/text-profile.js';
import type { EmulatorParty } from '../../src/lib/emulator/published-files.js';
import type { RunningEmulator } from '../../src/lib/emulator/emulator.js';
import type { MeasuredImage } from '../../src/lib/cce-policy/measured-image.js';
import { groupsClient, pushProgram, startTestEmulator } from '../support/local-azure.js';
import { useTemporaryDirectory } from '../support/temporary-directory.js';

/* Answers with what it sees; asks its PSP for a report; leaves a mark where it may write. */
const PROGRAM = `
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer, get } from 'node:http';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
const attempt = (action) => { try { return action(); } catch (error) { return error.code; } };
const report = () => new Promise((resolve) => {
  const chunks = [];
  connect(process.env.UVM_SECURITY_CONTEXT_DIR + '/sev-guest.sock', function () { this.write(Buffer.alloc(64, 7)); })
    .on('data', (chunk) => chunks.push(chunk)).on('error', (error) => resolve(error.code))
    .on('end', () => resolve(Buffer.concat(chunks).toString('hex')));
});
const metadata = () => new Promise((resolve) => get('http://169.254.169.254/metadata/identity/oauth2/token?api-version=2018-02-01&resource=https%3A%2F%2Fmanagedhsm.azure.net', { headers: { metadata: 'true' } }, (response) => { let text = ''; response.on('data', (c) => text += c).on('end', () => resolve(text)); }).on('error', (error) => resolve(error.code)));
console.log('listening');
createServer(async (request, response) => {
  if (request.url === '/self') { get('http://localhost:8501/ping', (r) => r.pipe(response)).on('error', (e) => response.end(e.code)); return; }
  if (request.url === '/ping') { response.end('pong'); return; }
  if (request.url === '/exit') { response.end(); process.exit(3); }
  response.end(JSON.stringify({
    environment: process.env,
    passwd: attempt(() => readFileSync('/etc/passwd', 'utf8')),
    share: attempt(() => readFileSync('/mnt/share/notes.txt', 'utf8')),
    base: attempt(() => readFileSync(new URL('../base.txt', import.meta.url), 'utf8')),
    overwrite: attempt(() => writeFileSync(new URL('./main.mjs', import.meta.url), '')),
    scratch: attempt(() => { writeFileSync(tmpdir() + '/mark', 'x'); return readdirSync(tmpdir()); }),
    report: process.env.UVM_SECURITY_CONTEXT_DIR ? await report() : null,
    metadata: await metadata(),
  }));
}).listen(8501, '0.0.0.0');
`;

/* Healthy until told otherwise; ends in good order, as a room does, when it is told to stop. */
const AILING = `
import { createServer } from 'node:http';
let status = 200;
process.once('SIGTERM', () => process.exit(0));
createServer((request, response) => {
  if (request.url === '/break') status = 500;
  response.writeHead(request.url === '/ready' ? 503 : status).end();
}).listen(8501, '0.0.0.0');
`;

describe('container groups of the local Azure', function () {
  this.timeout(60_000);
  const directory = useTemporaryDirectory();
  let emulator: RunningEmulator;
  let host: EmulatorParty;
  let image: MeasuredImage;

  before(async () => {
    emulator = await startTestEmulator(directory());
    host = emulator.parties[0]!;
    image = await pushProgram(emulator, 'probe', PROGRAM);
  });
  after(() => emulator.stop());

  const clientOf = (party = host.name): Promise<ContainerInstanceManagementClient> =>
    groupsClient(emulator, party);
  const exact = (name: string, value: string): NamedEnvironmentRule => ({
    name,
    rule: { pattern: `${name}=${value}`, required: true, strategy: 'string' },
  });
  const policyFor = (measured: MeasuredImage, options: { stdio?: boolean } = {}): string => {
    const profile = textProfile(DEFAULT_TEXT_PROFILE);
    const rule = containerRule(
      {
        name: 'probe',
        image: measured.reference,
        command: [],
        environment: [exact('CONTRACT', 'abc')],
        mounts: [],
        execProcesses: [],
        workingDir: null,
        securityContext: DEFAULT_SECURITY_CONTEXT,
      },
      measured,
      {
        profile,
        stdio: options.stdio ?? false,
        defaultMounts: [RESOLV_CONF_MOUNT],
        missingCommand: 'refuse',
      },
    );
    return renderPolicy(
      { fragments: [], containers: [rule], flags: DEFAULT_FLAGS },
      { profile: DEFAULT_TEXT_PROFILE, layout: 'compact' },
    ).base64;
  };
  const group = (ccePolicy: string | null, changes: Partial<ContainerGroup> = {}): ContainerGroup => ({
    location: 'westeurope',
    osType: 'Linux',
    restartPolicy: 'Never',
    identity: { type: 'UserAssigned', userAssignedIdentities: { [host.roomIdentity]: {} } },
    ...(ccePolicy === null ? {} : { sku: 'Confidential', confidentialComputeProperties: { ccePolicy } }),
    ipAddress: { type: 'Public', ports: [{ port: 8501, protocol: 'TCP' }] },
    containers: [
      {
        name: 'probe',
        image: image.reference,
        environmentVariables: [{ name: 'CONTRACT', value: 'abc' }],
        resources: { requests: { cpu: 1, memoryInGB: 1 } },
      },
    ],
    ...changes,
  });
  const deploy = async (name: string, description: ContainerGroup): Promise<ContainerGroup> =>
    (await clientOf()).containerGroups.beginCreateOrUpdateAndWait('cleanroom', name, description, {
      updateIntervalInMs: 50,
    });
  const ask = (address: string, path = '/', attempts = 50): Promise<string> =>
    new Promise((resolve, reject) => {
      const attempt = (left: number): void => {
        request({ host: address, port: 8501, path }, (response) => {
          let text = '';
          response.on('data', (chunk: Buffer) => (text += chunk.toString())).on('end', () => resolve(text));
        })
          .on('error', (error) => {
            if (left === 0) reject(error);
            else setTimeout(() => attempt(left - 1), 100);
          })
          .end();
      };
      attempt(attempts);
    });
  /* As long as the test may take. */
  const until = async (holds: () => Promise<boolean>): Promise<void> => {
    while (!(await holds())) await delay(100);
  };
  const environmentWith = (value: string): ContainerGroup['containers'] => [
    { ...group(null).containers[0]!, environmentVariables: [{ name: 'CONTRACT', value }] },
  ];

  it('starts a group whose policy allows it, from the measured files, with HOST_DATA of its policy', async () => {
    const ccePolicy = policyFor(image);
    const made = await deploy('allowed', group(ccePolicy));
    assert.equal(made.provisioningState, 'Succeeded');
    const seen = JSON.parse(await ask(made.ipAddress!.ip!)) as Record<string, string> & {
      environment: Record<string, string>;
      scratch: string[];
    };
    assert.equal(seen.environment['CONTRACT'], 'abc');
    assert.equal(seen['base'], 'base');
    const isNamespaced = emulator.rooms.kind === 'namespaces';
    assert.equal(seen['passwd'], isNamespaced ? 'ENOENT' : 'ERR_ACCESS_DENIED');
    assert.equal(seen['overwrite'], isNamespaced ? 'EROFS' : 'ERR_ACCESS_DENIED');
    assert.deepEqual(seen.scratch, ['mark']);
    const report = Buffer.from(seen['report']!, 'hex');
    const { createHash } = await import('node:crypto');
    assert.equal(report.length, 1184);
    assert.equal(
      report.subarray(192, 224).toString('hex'),
      createHash('sha256').update(Buffer.from(ccePolicy, 'base64')).digest('hex'),
    );
    assert.match(seen['metadata']!, /"access_token":"ey/);
    assert.equal(await ask(made.ipAddress!.ip!, '/self'), 'pong');
  });

  it("O4: gives a container nothing of the host's environment, and of the platform's what the policy names", async () => {
    process.env['CLEANROOM_TEST_LEAK'] = 'leaked';
    try {
      const made = await deploy('environment', group(policyFor(image)));
      const { environment } = JSON.parse(await ask(made.ipAddress!.ip!)) as {
        environment: Record<string, string>;
      };
      assert.equal(environment['CLEANROOM_TEST_LEAK'], undefined);
      assert.equal(environment['HOME'], undefined);
      assert.equal(environment['HostedServiceName'], 'environment');
      // Variables that no rule covers are dropped, as the policy allows.
      const extra = { name: 'NODE_OPTIONS', value: '--inspect' };
      const containers = [
        { ...group(null).containers[0]!, environmentVariables: [{ name: 'CONTRACT', value: 'abc' }, extra] },
      ];
      const other = await deploy('dropped', group(policyFor(image), { containers }));
      const seen = JSON.parse(await ask(other.ipAddress!.ip!)) as { environment: Record<string, string> };
      assert.equal(seen.environment['NODE_OPTIONS'], undefined);
    } finally {
      delete process.env['CLEANROOM_TEST_LEAK'];
    }
  });

  it('I6: starts no process where one environment value is another, and names the rule without the value', async () => {
    await assert.rejects(
      deploy('denied', group(policyFor(image), { containers: environmentWith('xyz') })),
      (error: Error) => {
        assert.match(error.message, /ContainerGroupDeploymentFailed/);
        return true;
      },
    );
    const seen = await (await clientOf()).containerGroups.get('cleanroom', 'denied');
    assert.equal(seen.provisioningState, 'Failed');
    assert.equal(seen.containers[0]!.instanceView?.currentState?.state, 'Waiting');
    const [event] = seen.instanceView!.events!;
    const encoded = /policyDecision< (\S+) >policyDecision/.exec(event!.message!)![1]!;
    const decision = JSON.parse(Buffer.from(encoded, 'base64').toString()) as {
      decision: string;
      input: { rule: string; envList: string[] };
      reason: { errors: string[] };
    };
    assert.equal(decision.decision, 'deny');
    assert.equal(decision.input.rule, 'create_container');
    assert.match(decision.reason.errors.join(), /env/);
    assert.ok(!JSON.stringify(decision).includes('xyz'));
    assert.equal(
      await (
        await clientOf()
      ).containers
        .listLogs('cleanroom', 'denied', 'probe')
        .then(({ content }) => content),
      '',
    );
  });

  it('I12: refuses an image whose layers are not those of the policy', async () => {
    const other = await pushProgram(emulator, 'probe', `${PROGRAM}\n// another program`);
    const containers = [{ ...group(null).containers[0]!, image: other.reference }];
    await assert.rejects(
      deploy('other-layers', group(policyFor(image), { containers })),
      /deployment of container group/,
    );
    const seen = await (await clientOf()).containerGroups.get('cleanroom', 'other-layers');
    const encoded = /policyDecision< (\S+) >/.exec(seen.instanceView!.events![0]!.message!)![1]!;
    assert.match(Buffer.from(encoded, 'base64').toString(), /deviceHash not found/);
  });

  it('I10: refuses a mount that the policy does not have', async () => {
    const description = group(policyFor(image), {
      volumes: [{ name: 'share', azureFile: { shareName: 'notes', storageAccountName: 'contosodata' } }],
      containers: [{ ...group(null).containers[0]!, volumeMounts: [{ name: 'share', mountPath: '/app' }] }],
    });
    await assert.rejects(deploy('mounted', description), /deployment of container group/);
  });

  it('I8: keeps stdio in where the policy says so, and shows it where it does not', async () => {
    const client = await clientOf();
    const logOf = async (name: string) =>
      (await client.containers.listLogs('cleanroom', name, 'probe', { tail: 1 })).content;
    const silent = await deploy('silent', group(policyFor(image)));
    // Who answers has said that it listens: what could be heard of the silent one is older than what is waited for.
    await ask(silent.ipAddress!.ip!);
    await deploy('talking', group(policyFor(image, { stdio: true })));
    await until(async () => (await logOf('talking')) === 'listening\n');
    assert.equal(await logOf('silent'), '');
  });

  it('runs a plain group with a file share, and gives it no report', async () => {
    const share = join(emulator.directory, 'file-shares', 'contosodata', 'notes');
    await mkdir(share, { recursive: true });
    await writeFile(join(share, 'notes.txt'), 'readable by the host');
    const made = await deploy(
      'plain',
      group(null, {
        volumes: [{ name: 'share', azureFile: { shareName: 'notes', storageAccountName: 'contosodata' } }],
        containers: [
          { ...group(null).containers[0]!, volumeMounts: [{ name: 'share', mountPath: '/mnt/share' }] },
        ],
      }),
    );
    const seen = JSON.parse(await ask(made.ipAddress!.ip!)) as Record<string, unknown>;
    assert.equal(seen['share'], 'readable by the host');
    assert.equal(seen['report'], null);
  });

  it('returns no secure value, answers in any case, lists, stops, starts and deletes', async () => {
    const client = await clientOf();
    const containers = [
      { ...group(null).containers[0]!, environmentVariables: [{ name: 'CONTRACT', secureValue: 'abc' }] },
    ];
    await deploy('cycle', group(policyFor(image), { containers }));
    const seen = await client.containerGroups.get('CLEANROOM', 'cycle');
    assert.deepEqual(seen.containers[0]!.environmentVariables, [{ name: 'CONTRACT' }]);
    const names: string[] = [];
    for await (const entry of client.containerGroups.listByResourceGroup('cleanroom'))
      names.push(entry.name!);
    assert.ok(names.includes('cycle'));
    await client.containerGroups.stop('cleanroom', 'cycle');
    assert.equal((await client.containerGroups.get('cleanroom', 'cycle')).instanceView?.state, 'Stopped');
    await client.containerGroups.beginStartAndWait('cleanroom', 'cycle', { updateIntervalInMs: 50 });
    assert.equal((await client.containerGroups.get('cleanroom', 'cycle')).instanceView?.state, 'Running');
    await client.containerGroups.beginDeleteAndWait('cleanroom', 'cycle');
    await assert.rejects(client.containerGroups.get('cleanroom', 'cycle'), { code: 'ResourceNotFound' });
  });

  it('shows the exit code of a container that ended', async () => {
    const made = await deploy('ending', group(policyFor(image)));
    await ask(made.ipAddress!.ip!, '/exit').catch(() => undefined);
    const view = async () => (await clientOf()).containerGroups.get('cleanroom', 'ending');
    await until(async () => (await view()).instanceView?.state === 'Failed');
    assert.equal((await view()).containers[0]!.instanceView?.currentState?.exitCode, 3);
  });

  it('asks liveness and readiness as a kubelet does: starts again what is not alive, and says what is not ready', async () => {
    const ailing = await pushProgram(emulator, 'ailing', AILING);
    const probe = (path: string) => ({
      httpGet: { path, port: 8501, scheme: 'http' },
      initialDelaySeconds: 1,
      periodSeconds: 1,
      failureThreshold: 2,
    });
    const [container] = group(null).containers;
    const probed = { ...container!, image: ailing.reference, environmentVariables: [] };
    const [livenessProbe, readinessProbe] = [probe('/healthz'), probe('/ready')];
    const made = await deploy(
      'probed',
      group(null, {
        restartPolicy: 'OnFailure',
        containers: [{ ...probed, livenessProbe, readinessProbe }],
      }),
    );
    const view = async () => {
      const seen = await (await clientOf()).containerGroups.get('cleanroom', 'probed');
      const { restartCount, events = [], currentState } = seen.containers[0]!.instanceView!;
      return { restartCount, state: currentState?.state, events };
    };
    /* On a busy machine the program may not listen yet when it is first asked. */
    const refused = 'connect ECONNREFUSED';
    await until(async () =>
      (await view()).events.some(({ message = '' }) => message.includes('statuscode: 503')),
    );
    const before = await view();
    assert.deepEqual([before.restartCount, before.state], [0, 'Running']);
    const said = (events: typeof before.events) => events.map(({ name, message }) => `${name}: ${message}`);
    assert.deepEqual(
      said(before.events).filter((text) => text.startsWith('Unhealthy') && !text.includes(refused)),
      ['Unhealthy: Readiness probe failed: HTTP probe failed with statuscode: 503'],
    );
    await ask(made.ipAddress!.ip!, '/break');
    await until(async () => {
      const { state, restartCount } = await view();
      return state === 'Running' && restartCount !== 0;
    });
    const { restartCount, events } = await view();
    assert.equal(restartCount, 1);
    const liveness = events.find(({ message = '' }) => message.startsWith('Liveness probe failed: HTTP'));
    assert.deepEqual(
      [liveness?.message, liveness?.count],
      ['Liveness probe failed: HTTP probe failed with statuscode: 500', 2],
    );
    assert.ok(said(events).includes('Killing: Container probe failed liveness probe, will be restarted'));
    const exec = { ...probed, livenessProbe: { exec: { command: ['true'] } } };
    await assert.rejects(deploy('exec-probe', group(null, { containers: [exec] })), {
      code: 'UnsupportedProbe',
    });
  });

  it("refuses another party's login, an unknown resource group, an image that is not there, an empty policy", async () => {
    const stranger = await clientOf('fabrikam');
    await assert.rejects(stranger.containerGroups.get('cleanroom', 'allowed'), {
      statusCode: 403,
      code: 'AuthorizationFailed',
    });
    const client = await clientOf();
    await assert.rejects(client.containerGroups.get('none', 'allowed'), { code: 'ResourceGroupNotFound' });
    const containers = [
      { ...group(null).containers[0]!, image: `cleanroom.local/none@sha256:${'0'.repeat(64)}` },
    ];
    await assert.rejects(deploy('no-image', group(policyFor(image), { containers })), {
      code: 'InaccessibleImage',
    });
    await assert.rejects(deploy('no-policy', group('')), { code: 'InvalidCcePolicy' });
  });

  it('provokes what the fault file says: throttling is waited out, a quota is refused', async () => {
    const faults = [
      { kind: 'throttled', times: 1, seconds: 0 },
      { kind: 'quota', target: 'too-much' },
    ];
    await writeFile(join(emulator.directory, 'faults.json'), JSON.stringify({ faults }));
    const client = await clientOf();
    assert.ok(await client.containerGroups.get('cleanroom', 'allowed'));
    await assert.rejects(deploy('too-much', group(policyFor(image))), { code: 'ContainerGroupQuotaReached' });
    await writeFile(join(emulator.directory, 'faults.json'), JSON.stringify({ faults: [] }));
  });

  it('ends while groups are still coming back, and leaves none of their processes behind', async () => {
    const { ipAddress } = await (await clientOf()).containerGroups.get('cleanroom', 'allowed');
    await emulator.stop();
    emulator = await startTestEmulator(directory());
    await emulator.stop();
    await assert.rejects(ask(ipAddress!.ip!, '/ping', 3));
    emulator = await startTestEmulator(directory());
    assert.equal(await ask(ipAddress!.ip!, '/ping'), 'pong');
  });

  it('brings groups back after a restart, on the same ports and addresses, and nothing runs in between', async () => {
    const before = await (await clientOf()).containerGroups.get('cleanroom', 'allowed');
    const ports = emulator.endpoints;
    await emulator.stop();
    await assert.rejects(
      new Promise((resolve, reject) => {
        request({ host: before.ipAddress!.ip!, port: 8501 }, resolve).on('error', reject).end();
      }),
    );
    emulator = await startTestEmulator(directory());
    assert.deepEqual(emulator.endpoints, ports);
    assert.equal(await ask(before.ipAddress!.ip!, '/ping'), 'pong');
    assert.ok((await readdir(emulator.directory)).includes('anchors.json'));
  });
});
