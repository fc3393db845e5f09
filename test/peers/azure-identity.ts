// The managed identity of a container group: asked by the SDKs in a network namespace like a group's, where the metadata service
// answers at its own address.

import { createCertificatesHandler } from '../../src/lib/emulator/uvm/security-context.js';
import { createMetadataHandler } from '../../src/lib/emulator/identity/metadata-handler.js';
import { MANAGED_HSM_ROLES } from '../../src/lib/emulator/identity/role-definitions.js';
import { serveWire } from '../../src/lib/emulator/http/serve.js';
import { openGroupNetwork } from '../../src/lib/emulator/room-host/namespaces/group-network.js';
import { roomUser } from '../../src/lib/emulator/room-host/namespaces/room-user.js';
import { testProcessor } from '../support/emulated-trust.js';
import type { LocalVault } from '../support/local-vault.js';
import type { Asked, Place } from './azure.js';
import type { Command } from './peer.js';
import { NotSetUp } from './toolchain.js';

const GROUP = '/subscriptions/s/resourceGroups/g/providers/Microsoft.ContainerInstance/containerGroups/peer';
const IDENTITY =
  '/subscriptions/s/resourceGroups/g/providers/Microsoft.ManagedIdentity/userAssignedIdentities/peer';
const OTHER = IDENTITY.replace(/peer$/, 'other');

export interface GroupIdentity {
  /** Where a program is in the group's network. */
  readonly inside: (program: Command) => Command;
  readonly questions: readonly Asked[];
  close(): Promise<void>;
}

/** @param key - name of a key of the vault, RSA of 2048 bits. @throws NotSetUp where this machine has no network namespaces */
export async function openGroupIdentity(vault: LocalVault, at: Place, key: string): Promise<GroupIdentity> {
  const { directory } = vault.identity;
  const own = await directory.ensureManagedIdentity(vault.tenant, IDENTITY);
  const other = await directory.ensureManagedIdentity(vault.tenant, OTHER);
  await vault.roles.assign(own.principalId, MANAGED_HSM_ROLES.cryptoUser, '/');
  const certificates = createCertificatesHandler(await testProcessor());
  const services = { identity: vault.identity, clock: vault.clock, certificates };
  const metadata = await serveWire(
    createMetadataHandler({ resourceId: GROUP, identities: [IDENTITY] }, services),
    { port: 0, tls: null },
  );
  const network = await openGroupNetwork(roomUser()).catch((cause: unknown) => {
    throw new NotSetUp(String(cause));
  });
  const [host = '', port = ''] = vault.hostAndPort.split(':');
  const vaultAddress = { host, port: Number(port) };
  await network.serve(vaultAddress, vaultAddress);
  await network.serve({ host: '169.254.169.254', port: 80 }, { host: '127.0.0.1', port: metadata.port });
  return {
    inside: ({ command, args }) => enter(network.enter, [command, ...args]),
    questions: questions(at, own, other.clientId, key),
    close: async () => {
      await network.close();
      await metadata.close();
    },
  };
}

function questions(
  at: Place,
  own: { readonly clientId: string; readonly principalId: string },
  other: string,
  key: string,
): readonly Asked[] {
  const token = (resource: string, identity: string): object => ({
    ...{ do: 'identity.token', at, identity, scope: `${resource}/.default` },
  });
  const known = ['https://managedhsm.azure.net', 'https://vault.azure.net', 'https://storage.azure.com'];
  return [
    ...known.map((resource) => ({ asked: token(resource, ''), ours: `${resource} ${own.principalId}` })),
    ...[own.clientId, IDENTITY].map((identity) => ({
      asked: token('https://management.azure.com', identity),
      ours: `https://management.azure.com ${own.principalId}`,
    })),
    { asked: token('https://management.azure.com', other), ours: 'no token' },
    { asked: token('https://management.azure.com', OTHER), ours: 'no token' },
    { asked: token('https://nothing.example', ''), ours: 'no token' },
    { asked: { do: 'identity.key', at, name: key, identity: '' }, ours: 'RSA-HSM 2048' },
    { asked: { do: 'identity.key', at, name: key, identity: own.clientId }, ours: 'RSA-HSM 2048' },
  ];
}

/* Root enters the network alone: in the group's user namespace it could not read its own files. */
function enter(command: readonly string[], program: readonly string[]): Command {
  const [nsenter = '', ...all] = command;
  const alone = [...all.slice(0, all.indexOf('--user')), '--net', '--'];
  return { command: nsenter, args: [...(process.getuid?.() === 0 ? alone : all), ...program] };
}
