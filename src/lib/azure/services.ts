// The services of a profile, by the Azure SDKs. Each SDK is loaded when it is first used.

import { CleanroomError } from '../base/errors.js';
import type { Profile } from '../ports/profile.js';
import type { Services } from '../ports/services.js';
import type { Connection } from './connection.js';

/** What the login of a profile reaches. Nothing is opened yet. */
export function azureServices(profile: Profile): Services {
  let connection: Promise<Connection> | undefined;
  const connect = (): Promise<Connection> =>
    (connection ??= import('./connection.js').then(({ openConnection }) => openConnection(profile)));
  return {
    keyVault: async (host) => {
      const { openKeyVault } = await import('./key-vault.js');
      return openKeyVault(await connect(), host);
    },
    keyHolders: async (host) => {
      const { readKeyHolders } = await import('./key-holders.js');
      return readKeyHolders(await connect(), host);
    },
    blobs: async (grant = null) => {
      const { createBlobStore } = await import('./blob-store.js');
      return createBlobStore(await connect(), grant);
    },
    uploads: async (grant = null) => {
      const { createBlockUploader } = await import('./block-uploader.js');
      return createBlockUploader(await connect(), grant);
    },
    storedBlob: async (blob, grant = null) => {
      const { openStoredBlob } = await import('./stored-blob.js');
      return openStoredBlob(await connect(), blob, grant);
    },
    sas: async () => {
      const { createSasIssuer } = await import('./blob-store.js');
      return createSasIssuer(await connect());
    },
    rooms: async () => {
      const { subscription, resourceGroup, name, source } = profile;
      if (subscription === undefined || resourceGroup === undefined)
        throw new CleanroomError(
          'PROFILE_INVALID',
          `profile ${name} (${source}) names no subscription and resource group`,
        );
      const { createRoomOperator } = await import('./container-groups.js');
      return createRoomOperator(await connect(), { subscription, resourceGroup });
    },
    probe: async () => {
      const { createAzureProbe } = await import('./azure-probe.js');
      return createAzureProbe(await connect(), { subscription: profile.subscription });
    },
    token: async (scope) => (await (await connect()).credential.getToken(scope))?.token ?? '',
    tlsRoots: async () => (profile.tlsRoots === undefined ? undefined : (await connect()).ca),
  };
}
