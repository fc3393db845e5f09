// A local Azure for tests: its own directory, with the slow keys of a cache that tests share.

import { cpSync, mkdirSync, symlinkSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import type { ContainerInstanceManagementClient } from '@azure/arm-containerinstance';
import type { TokenCredential } from '@azure/identity';
import type { KeyClient } from '@azure/keyvault-keys';

import {
  type EmulatorOptions,
  type RunningEmulator,
  startEmulator,
} from '../../src/lib/emulator/emulator.js';
import type { Connection } from '../../src/lib/azure/connection.js';
import type { Environment } from '../../src/lib/ports/environment.js';
import { azureServices } from '../../src/lib/azure/services.js';
import { openParty, type Stage } from '../../src/lib/attack-kit/stage/stage.js';
import { sha256Hex } from '../../src/lib/base/bytes/digest.js';
import { buildImage } from '../../src/lib/images/build/build-image.js';
import type { LayerFile } from '../../src/lib/images/build/layer-tar.js';
import { modelLayer } from '../../src/lib/images/pack/pack-program.js';
import type { RoomsOption } from '../../src/lib/emulator/room-host/namespaces/probe.js';
import { openImageStore } from '../../src/lib/emulator/registry/image-store.js';
import { loadArchive } from '../../src/lib/emulator/registry/load-archive.js';
import { openImageArchive } from '../../src/lib/images/archive/image-archive.js';
import { measureImage } from '../../src/lib/images/measure.js';
import { testProcessor, testUtilityVm } from './emulated-trust.js';
import type { MeasuredImage } from '../../src/lib/cce-policy/measured-image.js';

const USER = String(process.getuid?.() ?? 0);
export const KEY_CACHE = join(tmpdir(), `cleanroom-test-keys-${USER}`);
/* What is fetched for a room's base: each part is named by its digest, and checked whenever it is read. */
const PART_CACHE = join(tmpdir(), `cleanroom-test-parts-${USER}`);

/**
 * Puts the slow keys into the cache of whoever has `home`, as a second run finds them; makes them where nobody has yet.
 * Parts of a room's base are fetched into one directory for all tests.
 */
export async function lendKeys(home: string): Promise<void> {
  await testProcessor();
  await testUtilityVm();
  const cache = join(home, '.cache/cleanroom');
  cpSync(KEY_CACHE, join(cache, 'emulator-keys'), { recursive: true });
  mkdirSync(PART_CACHE, { recursive: true, mode: 0o700 });
  symlinkSync(PART_CACHE, join(cache, 'room-parts'));
}

/** Rooms in namespaces: demanded where CI says so, else where this machine has them. */
export const ROOMS: RoomsOption = process.env['CLEANROOM_REQUIRE_TOOLS'] === '1' ? 'namespaces' : 'auto';

export function startTestEmulator(
  directory: string,
  options: Partial<EmulatorOptions> = {},
): Promise<RunningEmulator> {
  return startEmulator({ directory, keyCache: KEY_CACHE, rooms: ROOMS, ...options });
}

/** The login of a party, through the SDK's own client credentials flow. */
export async function credentialOf(emulator: RunningEmulator, name: string): Promise<TokenCredential> {
  const { ClientSecretCredential } = await import('@azure/identity');
  const party = emulator.parties.find((entry) => entry.name === name)!;
  const secret = (await readFile(party.secretFile, 'utf8')).trim();
  return new ClientSecretCredential(party.tenantId, party.clientId, secret, {
    authorityHost: emulator.endpoints.authority,
    disableInstanceDiscovery: true,
    // A service of another tenant names that tenant in its challenge; the login has a service principal there.
    additionallyAllowedTenants: ['*'],
    tlsOptions: { ca: [await readFile(emulator.tlsRootsPath, 'utf8')] },
  });
}

/** The SDK's client of container groups, with the login of a party. */
export async function groupsClient(
  emulator: RunningEmulator,
  name: string,
): Promise<ContainerInstanceManagementClient> {
  const { ContainerInstanceManagementClient } = await import('@azure/arm-containerinstance');
  const { subscription } = emulator.parties[0]!;
  return new ContainerInstanceManagementClient(await credentialOf(emulator, name), subscription, {
    endpoint: emulator.endpoints.resourceManager,
    credentialScopes: 'https://management.azure.com/.default',
    tlsOptions: { ca: [await readFile(emulator.tlsRootsPath, 'utf8')] },
    retryOptions: { maxRetries: 2, retryDelayInMs: 10 },
  });
}

/** Builds an image of one Node program, puts it into the emulator's registry and measures it. */
export async function pushProgram(
  emulator: RunningEmulator,
  name: string,
  program: string,
  files: readonly LayerFile[] = [],
  /** In a layer of its own, as `image build` has it. */
  model?: string,
): Promise<MeasuredImage> {
  const out = join(emulator.directory, `${name}-${sha256Hex(program).slice(0, 8)}.tar`);
  const main = { path: '/app/main.mjs', source: Buffer.from(program) };
  const built = await buildImage(
    {
      localOnly: true,
      layers: [
        [{ path: '/base.txt', source: Buffer.from('base') }],
        ...(model === undefined ? [] : [await modelLayer(model)]),
        [main, ...files],
      ],
      entrypoint: ['node', '/app/main.mjs'],
      workingDir: '/app',
    },
    out,
  );
  const reference = `cleanroom.local/${name}@${built.manifestDigest}`;
  await loadArchive(
    await openImageStore(join(emulator.directory, 'registry')),
    out,
    name,
    built.manifestDigest,
  );
  const archive = await openImageArchive(out);
  try {
    return await measureImage(archive, { reference });
  } finally {
    await archive.close();
  }
}

/** The SDK's own client, for what somebody does who does not use cleanroom. */
export async function partyKeyClient({ credential, ca }: Connection, vault: string): Promise<KeyClient> {
  const { KeyClient } = await import('@azure/keyvault-keys');
  return new KeyClient(`https://${vault}`, credential, {
    disableChallengeResourceVerification: true,
    tlsOptions: { ca: [...(ca ?? [])] },
    retryOptions: { maxRetries: 0 },
  });
}

/** Fabrikam at work in `directory`, whose keys are in its Managed HSM or in its key vault. */
export async function ownerWith(
  stage: Pick<Stage, 'emulatorDirectory'>,
  emulator: RunningEmulator,
  vault: 'vault' | 'keyVault',
  directory: string,
): Promise<Environment> {
  const { profile } = await openParty(stage, 'fabrikam', directory);
  const host = emulator.parties.find(({ name }) => name === 'fabrikam')![vault];
  const own = { ...profile, vault: host };
  return { profile: own, directory, services: azureServices(own) };
}
