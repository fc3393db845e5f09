// The room's image for a contract that is proposed: built here, pushed, named by digest; the archive is removed again.

import { rm } from 'node:fs/promises';
import { join } from 'node:path';

import { makeDirectory } from '../../base/files/make-directory.js';
import { CleanroomError } from '../../base/errors.js';
import type { BaseSource } from '../../images/base/base-layers.js';
import { type ImageBase, packSummarizer } from '../../images/pack/pack-program.js';
import type { Environment } from '../../ports/environment.js';
import type { UseCaseContext } from '../../ports/use-case.js';
import { pushArchive } from '../push-image.js';

export interface RoomImageRequest {
  readonly packageRoot: string;
  readonly version: string;
  readonly base: BaseSource;
  /** Null: sentences are picked. */
  readonly modelDirectory: string | null;
  /** REGISTRY/REPOSITORY:TAG. */
  readonly reference: string;
}

/** @returns the reference by digest. @throws CleanroomError IMAGE_BASE_UNREACHABLE, and as packSummarizer and pushArchive */
export async function publishRoomImage(
  request: RoomImageRequest,
  environment: Environment,
  context: UseCaseContext,
): Promise<string> {
  const directory = join(environment.directory, '.cleanroom');
  await makeDirectory(directory, 0o700);
  const out = join(directory, 'room.oci.tar');
  try {
    context.progress.phase("building the room's image");
    await packRoom(request, out, environment, context);
    const { packageRoot, version, reference } = request;
    const statements = { packageRoot, version, keyFile: null };
    const pushed = await pushArchive(
      { archive: out, reference, platform: 'linux/amd64', statements },
      environment,
      context,
    );
    return pushed.reference;
  } finally {
    await rm(out, { force: true });
  }
}

/* On the local Azure a room without a base will do, where the base cannot be fetched: it runs on this machine's Node.js. */
async function packRoom(
  { packageRoot, base, modelDirectory }: RoomImageRequest,
  out: string,
  { profile }: Environment,
  { signal, warn }: UseCaseContext,
): Promise<void> {
  const pack = (image: ImageBase): Promise<unknown> =>
    packSummarizer({ packageRoot, out, modelDirectory, signal, base: image });
  try {
    await pack({ kind: 'locked', source: base });
  } catch (cause) {
    const isLocal = profile.anchors !== undefined;
    if (!isLocal || !(cause instanceof CleanroomError) || cause.code !== 'IMAGE_BASE_UNREACHABLE')
      throw cause;
    warn(`the room has no base, and runs on this machine's Node.js: ${cause.message}`);
    await pack({ kind: 'none' });
  }
}
