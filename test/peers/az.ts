// The local Azure through az itself: every command a process of its own, as a person types it. By hand: its set-up is large.

import { execFile } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';

import { renderArmTemplate } from '../../src/lib/azure/arm/group-template.js';
import type { RunningEmulator } from '../../src/lib/emulator/emulator.js';
import type { ContainerGroupDescription } from '../../src/lib/ports/container-group.js';
import { pushProgram, startTestEmulator } from '../support/local-azure.js';
import type { Compared, Peer, Session } from './peer.js';

const COMMAND_MS = 120_000;

export const AZ: Peer = {
  name: 'az',
  lockedPackage: 'azure-cli',
  about: 'the local Azure: cloud, login, keys, blobs, container groups, deployments of our template',
  program: { venv: 'az-requirements.txt', command: 'az' },
  byHand: true,
  compare: async (session) => {
    const emulator = await startTestEmulator(join(session.directory, 'azure'));
    try {
      return await askAz(session, emulator);
    } finally {
      await emulator.stop();
    }
  },
};

/* A command's words, and what it has to print; null: nothing is looked at but that it succeeds. */
type Asked = readonly [words: string, prints: string | null];

async function askAz(
  { directory, command }: Session,
  emulator: RunningEmulator,
): Promise<readonly Compared[]> {
  const [contoso] = emulator.parties;
  if (contoso === undefined) throw new Error('there is no party');
  const { reference } = await pushProgram(emulator, 'idle', 'setInterval(() => undefined, 1000);\n');
  const at = join(directory, 'work');
  mkdirSync(at);
  writeFileSync(join(at, 'text.txt'), 'hello');
  writeFileSync(join(at, 'template.json'), `// comments too\n${renderArmTemplate([groupOf(reference)])}`);
  writeFileSync(join(at, 'group.yaml'), groupFile(reference));
  const secret = (await readFile(contoso.secretFile, 'utf8')).trim();
  const run = runner(command.command, at, emulator.tlsRootsPath);
  const compared: Compared[] = [];
  for (const [words, prints] of commands(emulator, contoso)) {
    const theirs = await run(words.replace('SECRET', secret).split(' '));
    compared.push({
      question: words,
      ours: prints ?? 'succeeds',
      theirs: prints === null && theirs.ok ? 'succeeds' : theirs.printed,
      byDesign: null,
    });
  }
  return compared;
}

function runner(az: string, cwd: string, roots: string) {
  const env = {
    PATH: process.env['PATH'] ?? '',
    HOME: cwd,
    AZURE_CONFIG_DIR: join(cwd, 'config'),
    AZURE_CORE_COLLECT_TELEMETRY: 'no',
    AZURE_CORE_ONLY_SHOW_ERRORS: 'true',
    AZURE_CORE_INSTANCE_DISCOVERY: 'false',
    REQUESTS_CA_BUNDLE: roots,
  };
  const start = promisify(execFile);
  return async (words: readonly string[]): Promise<{ ok: boolean; printed: string }> => {
    try {
      const { stdout } = await start(az, [...words], { cwd, env, timeout: COMMAND_MS });
      return { ok: true, printed: stdout.trim() };
    } catch (cause) {
      const { stderr = '' } = cause as { stderr?: string };
      return { ok: false, printed: `failed: ${stderr.trim().split('\n').at(-1) ?? ''}` };
    }
  };
}

function commands(
  { endpoints }: RunningEmulator,
  {
    clientId,
    tenantId,
    subscription,
    resourceGroup,
    vault,
    keyVault,
    storageAccount,
  }: RunningEmulator['parties'][0],
): readonly Asked[] {
  const blobs = `--blob-endpoint ${storageAccount} --auth-mode login`;
  const group = `--resource-group ${resourceGroup}`;
  const deployment = `${group} --template-file template.json --parameters bSecret=hidden`;
  const keys = (host: string): readonly Asked[] => [
    [`keyvault key create --id https://${host}/keys/az --kty RSA-HSM --query key.kty -o tsv`, 'RSA-HSM'],
    [`keyvault key show --id https://${host}/keys/az --query key.kty -o tsv`, 'RSA-HSM'],
    [`keyvault key delete --id https://${host}/keys/az`, null],
  ];
  return [
    [`cloud register --name local --endpoint-resource-manager ${endpoints.resourceManager}`, null],
    ['cloud set --name local', null],
    [`login --service-principal --username ${clientId} --password SECRET --tenant ${tenantId}`, null],
    [`account set --subscription ${subscription}`, null],
    ['group list --query [].name -o tsv', resourceGroup],
    ...keys(vault),
    ...keys(keyVault),
    [`storage container create --name azpeer ${blobs} --query created -o tsv`, 'true'],
    [`storage blob upload --container-name azpeer --name one --file text.txt --no-progress ${blobs}`, null],
    [`storage blob list --container-name azpeer ${blobs} --query [].name -o tsv`, 'one'],
    [
      `storage blob show --container-name azpeer --name one ${blobs} --query properties.contentLength -o tsv`,
      '5',
    ],
    [`storage blob delete --container-name azpeer --name one ${blobs}`, null],
    [`container create ${group} --file group.yaml`, null],
    [`container show ${group} --name azfile --query provisioningState -o tsv`, 'Succeeded'],
    [`container logs ${group} --name azfile`, ''],
    [`container restart ${group} --name azfile`, null],
    [`container stop ${group} --name azfile`, null],
    [`container start ${group} --name azfile`, null],
    [`container list ${group} --query [].name -o tsv`, 'azfile'],
    [`container delete ${group} --name azfile --yes --query name -o tsv`, 'azfile'],
    [`deployment group validate ${deployment} --query properties.provisioningState -o tsv`, 'Succeeded'],
    [
      `deployment group what-if ${deployment} --no-pretty-print --query changes[].changeType -o tsv`,
      'Create',
    ],
    [`deployment group create ${deployment} --query properties.provisioningState -o tsv`, 'Succeeded'],
    [`container show ${group} --name aztemplate --query provisioningState -o tsv`, 'Succeeded'],
    [
      `deployment group what-if ${deployment} --no-pretty-print --query changes[].changeType -o tsv`,
      'NoChange',
    ],
    [`container delete ${group} --name aztemplate --yes --query name -o tsv`, 'aztemplate'],
  ];
}

/* A group of the template that `deploy --out` writes. */
function groupOf(image: string): ContainerGroupDescription {
  return {
    ...{ name: 'aztemplate', location: 'westeurope', tags: {}, identity: null, restartPolicy: 'Never' },
    ...{ ccePolicy: null, publicPorts: [8501], dnsNameLabel: null, registries: [], volumes: [] },
    containers: [
      {
        ...{ name: 'app', image, command: null, ports: [8501], cpu: 0.5, memoryGiB: 1 },
        ...{ unprivileged: false, writesFiles: true, liveness: null, readiness: null, mounts: [] },
        environment: [
          { name: 'A', value: 'x', secure: false },
          { name: 'B_SECRET', value: 'y', secure: true },
        ],
      },
    ],
  };
}

function groupFile(image: string): string {
  return [
    ...['apiVersion: 2023-05-01', 'location: westeurope', 'name: azfile'],
    ...['properties:', '  osType: Linux', '  restartPolicy: Never', '  sku: Standard', '  containers:'],
    ...['  - name: app', '    properties:', `      image: ${image}`],
    ...['      resources: {requests: {cpu: 0.5, memoryInGB: 1}}'],
    'type: Microsoft.ContainerInstance/containerGroups\n',
  ].join('\n');
}
