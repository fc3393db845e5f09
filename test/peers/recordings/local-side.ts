// The local Azure as recordings are replayed against it: where each service is, logins, and what has to be there beforehand.

import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

import type { RecordedExchange } from '../../../src/lib/azure/recording/recorded-exchange.js';
import type { RecordedService } from '../../../src/lib/azure/recording/sanitize-location.js';
import type { RunningEmulator } from '../../../src/lib/emulator/emulator.js';
import { httpsCall, type HttpsAnswer } from '../../support/https-call.js';
import { credentialOf, ownerWith, pushProgram } from '../../support/local-azure.js';
import { policyFor } from '../../support/local-vault.js';
import type { LocalValues } from './fill-body.js';

const SCOPES: Readonly<Partial<Record<RecordedService, string>>> = {
  'managed-hsm': 'https://managedhsm.azure.net/.default',
  'key-vault': 'https://vault.azure.net/.default',
  'resource-manager': 'https://management.azure.com/.default',
  'blob-storage': 'https://storage.azure.com/.default',
};

/* Whatever a recorded group runs is let in: its own policy is not in the recording. */
const QUESTIONS = [
  ...[
    'mount_device',
    'mount_overlay',
    'unmount_device',
    'unmount_overlay',
    'rw_mount_device',
    'rw_unmount_device',
  ],
  ...['shutdown_container', 'signal_container_process', 'plan9_mount', 'plan9_unmount', 'get_properties'],
  ...['dump_stacks', 'runtime_logging', 'load_fragment', 'scratch_mount', 'scratch_unmount'],
];
const STARTS = ['create_container', 'exec_in_container', 'exec_external'];
const OPEN_DOOR = [
  'package policy\n\napi_version := "0.11.0"\n',
  ...QUESTIONS.map((question) => `${question} := {"allowed": true}`),
  ...STARTS.map((start) => `${start} := {"allowed": true, "env_list": null, "allow_stdio_access": true}`),
].join('\n');

export interface LocalSide {
  readonly values: LocalValues;
  /** What stands for every pseudonym of a kind. */
  readonly places: Readonly<Record<string, string>>;
  /** Base URL; null: there is none here. */
  base(service: RecordedService): string | null;
  /** The login that the exchange was made under, as far as its answer tells: a refusal is another party's. */
  token(exchange: RecordedExchange): Promise<string>;
  sas(container: string, permissions: string): Promise<string>;
  call(
    method: string,
    url: string,
    options: Omit<Parameters<typeof httpsCall>[2], 'ca'>,
  ): Promise<HttpsAnswer>;
}

/** Contoso's resource group, Fabrikam's vaults and storage. */
export async function localSide(emulator: RunningEmulator, directory: string): Promise<LocalSide> {
  const [contoso, fabrikam] = emulator.parties as readonly [
    RunningEmulator['parties'][0],
    RunningEmulator['parties'][0],
  ];
  const ca = await readFile(emulator.tlsRootsPath, 'utf8');
  const { endpoints } = emulator;
  const idle = await pushProgram(emulator, 'idle', 'setInterval(() => undefined, 1000);\n');
  const owner = await ownerWith(
    { emulatorDirectory: emulator.directory },
    emulator,
    'vault',
    join(directory, 'fabrikam'),
  );
  const bases: Readonly<Partial<Record<RecordedService, string>>> = {
    'managed-hsm': `https://${fabrikam.vault}`,
    'key-vault': `https://${fabrikam.keyVault}`,
    'resource-manager': endpoints.resourceManager,
    'blob-storage': fabrikam.storageAccount,
    attestation: endpoints.attestation,
    'token-endpoint': endpoints.authority,
  };
  return {
    values: {
      image: idle.reference,
      identity: contoso.roomIdentity,
      location: 'westeurope',
      releasePolicy: policyFor('00'.repeat(32), endpoints.attestation),
      ccePolicy: Buffer.from(OPEN_DOOR).toString('base64'),
      clientId: fabrikam.clientId,
      clientSecret: (await readFile(fabrikam.secretFile, 'utf8')).trim(),
    },
    places: {
      subscription: contoso.subscription,
      resources: contoso.resourceGroup,
      location: 'westeurope',
      tenant: fabrikam.tenantId,
    },
    base: (service) => bases[service] ?? null,
    token: async ({ service, answer }) => {
      const own = service === 'resource-manager' ? 'contoso' : 'fabrikam';
      const other = own === 'contoso' ? 'fabrikam' : 'contoso';
      const refused = answer.status === 403 || answer.status === 401;
      const login = await credentialOf(emulator, refused ? other : own);
      return (await login.getToken(SCOPES[service] ?? SCOPES['resource-manager'] ?? ''))?.token ?? '';
    },
    sas: async (container, permissions) => {
      const issuer = await owner.services.sas();
      return issuer.issue({
        blob: { account: fabrikam.storageAccount, container, name: '' },
        scope: 'container',
        permissions,
        expiresAt: new Date(Date.now() + 3_600_000),
      });
    },
    call: (method, url, options) => httpsCall(method, url, { ca, ...options }),
  };
}
