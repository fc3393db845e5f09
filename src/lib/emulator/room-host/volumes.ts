// Volumes of a group as directories: an Azure file share is one that the state directory keeps.

import { chmod, chown, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { fromBase64 } from '../../base/bytes/base64.js';
import type { VolumeSpec } from './group-spec.js';
import type { RoomUser } from './namespaces/room-user.js';

export interface PreparedVolume {
  readonly directory: string;
  readonly readOnly: boolean;
}

const SAFE_NAME = /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/;

/** Directory that stands for a file share; what is put there by hand is what containers find. */
export function fileShareDirectory(stateDirectory: string, account: string, share: string): string {
  return join(stateDirectory, 'file-shares', account, share);
}

/** Makes the directories of `volumes`, by volume name. @throws Error for a name that is none of Azure's. */
export async function prepareVolumes(
  volumes: readonly VolumeSpec[],
  stateDirectory: string,
  runtimeDirectory: string,
  user: RoomUser | null,
): Promise<ReadonlyMap<string, PreparedVolume>> {
  const prepared = new Map<string, PreparedVolume>();
  for (const volume of volumes)
    prepared.set(volume.name, await prepareVolume(volume, stateDirectory, runtimeDirectory, user));
  return prepared;
}

async function prepareVolume(
  volume: VolumeSpec,
  stateDirectory: string,
  runtimeDirectory: string,
  user: RoomUser | null,
): Promise<PreparedVolume> {
  const names = volume.kind === 'azureFile' ? [volume.name, volume.account, volume.share] : [volume.name];
  const bad = names.find((name) => !SAFE_NAME.test(name));
  if (bad !== undefined) throw new Error(`the volume name '${bad}' is invalid`);
  const directory =
    volume.kind === 'azureFile'
      ? fileShareDirectory(stateDirectory, volume.account, volume.share)
      : join(runtimeDirectory, volume.name);
  await mkdir(directory, { recursive: true, mode: 0o700 });
  if (volume.kind === 'secret') await writeSecrets(directory, volume.files, user);
  /* A share is everybody's who mounts it, as Azure's are; nobody else gets into the directory above. */
  if (user !== null && volume.kind === 'azureFile') await chmod(directory, 0o777);
  else if (user !== null) await chown(directory, user.uid, user.gid);
  return {
    directory,
    readOnly: volume.kind === 'secret' || (volume.kind === 'azureFile' && volume.readOnly),
  };
}

/** Values are base64; names are single path components. */
async function writeSecrets(
  directory: string,
  files: Readonly<Record<string, string>>,
  user: RoomUser | null,
): Promise<void> {
  for (const [name, value] of Object.entries(files)) {
    if (!/^[A-Za-z0-9._-]+$/.test(name) || name.startsWith('..'))
      throw new Error(`the secret file name '${name}' is invalid`);
    await writeFile(join(directory, name), fromBase64(value) ?? new Uint8Array(), { mode: 0o600 });
    if (user !== null) await chown(join(directory, name), user.uid, user.gid);
  }
}
