// What a started emulator leaves in its directory for others to read: profiles, TLS root, anchors, statements, addresses.

import { join, relative } from 'node:path';

import { stringify } from 'yaml';

import { writeFileAtomic } from '../base/files/atomic-write.js';
import { RESOURCE_GROUP } from './parties.js';
import { LOCAL_REGISTRY } from './registry/constants.js';
import type { Releases } from './signing-transparency/releases.js';

/** Base URLs, without trailing slashes. */
export interface EmulatorEndpoints {
  readonly authority: string;
  readonly resourceManager: string;
  readonly attestation: string;
  readonly registry: string;
  readonly blob: string;
  /** API server of the local cluster. */
  readonly kubernetes: string;
}

/** A party as whoever uses the emulator sees it. */
export interface EmulatorParty {
  readonly name: string;
  readonly tenantId: string;
  readonly subscription: string;
  readonly resourceGroup: string;
  readonly clientId: string;
  /** File with the client secret, mode 0600. */
  readonly secretFile: string;
  /** `host:port` of its managed HSM. */
  readonly vault: string;
  /** `host:port` of its Key Vault Premium. */
  readonly keyVault: string;
  /** URL of its storage account. */
  readonly storageAccount: string;
  /** ARM id of the identity that its rooms run under. */
  readonly roomIdentity: string;
  /** Client id of the application that its rooms log in as in other tenants; null for a party that runs none. */
  readonly roomApplication: string | null;
}

export interface PublishedFiles {
  readonly anchorsPath: string;
  readonly tlsRootsPath: string;
  readonly configPath: string;
}

/** What rooms get on this machine, and why no more. */
export interface RoomsStatus {
  readonly kind: 'namespaces' | 'processes';
  readonly why: string | null;
}

export interface Publication {
  readonly endpoints: EmulatorEndpoints;
  readonly parties: readonly EmulatorParty[];
  readonly rooms: RoomsStatus;
  readonly anchors: string;
  /** Login to the local cluster, which is the first party's. */
  readonly kubeconfigPath: string;
  /** What the attestation service and the HSMs run. */
  readonly statements: Releases['statements'];
  readonly tlsRoots: string;
}

const REGION = 'westeurope';

/** Name of the file with endpoints and parties, for `emulator status`. */
export const ENDPOINTS_FILE = 'endpoints.json';

/** Names of the files with transparent statements, by service. */
export const STATEMENT_FILES = {
  attestation: 'attestation-service.cose',
  hsm: 'managed-hsm.cose',
} as const;

/** Writes the files into `directory`; bytes that have not changed stay the same, since contracts pin their digests. */
export async function publishFiles(directory: string, publication: Publication): Promise<PublishedFiles> {
  const paths = {
    anchorsPath: join(directory, 'anchors.json'),
    tlsRootsPath: join(directory, 'tls-roots.pem'),
    configPath: join(directory, 'cleanroom.config.yaml'),
  };
  const { endpoints, parties, rooms } = publication;
  await writeFileAtomic(paths.anchorsPath, publication.anchors);
  await writeFileAtomic(paths.tlsRootsPath, publication.tlsRoots);
  for (const [service, name] of Object.entries(STATEMENT_FILES))
    await writeFileAtomic(
      join(directory, name),
      publication.statements[service as keyof typeof STATEMENT_FILES],
    );
  await writeFileAtomic(paths.configPath, renderConfig(directory, publication));
  await writeFileAtomic(
    join(directory, ENDPOINTS_FILE),
    `${JSON.stringify({ endpoints, parties, rooms }, null, 2)}\n`,
  );
  return paths;
}

/** One profile a party, in the form of lib/cli/profile.ts; the host's is the default. */
function renderConfig(directory: string, { endpoints, parties, kubeconfigPath }: Publication): string {
  const cluster = { kubernetes: { kubeconfig: relative(directory, kubeconfigPath) } };
  const profiles = parties.map((party, index) => [
    party.name,
    {
      party: party.name,
      tenant: party.tenantId,
      subscription: party.subscription,
      resourceGroup: RESOURCE_GROUP,
      roomIdentity: party.roomIdentity,
      credential: {
        kind: 'client-secret',
        clientId: party.clientId,
        secretFile: relative(directory, party.secretFile),
      },
      vault: party.vault,
      storageAccount: party.storageAccount,
      region: REGION,
      ...(index === 0 ? cluster : {}),
      endpoints: {
        authority: endpoints.authority,
        resourceManager: endpoints.resourceManager,
        attestation: endpoints.attestation,
        registries: { [LOCAL_REGISTRY]: endpoints.registry },
      },
      tlsRoots: 'tls-roots.pem',
      anchors: 'anchors.json',
      verifyChallengeResource: false,
    },
  ]);
  return stringify({ default: parties[0]?.name, profiles: Object.fromEntries(profiles) as unknown });
}
