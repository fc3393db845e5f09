// An image archive on its way to a registry, with its list of parts and its provenance beside it.

import { openImageArchive } from '../images/archive/image-archive.js';
import { parsePlatform } from '../images/archive/platform.js';
import { type AttachedStatement, attachStatements, type AttachOptions } from '../images/attest/attach.js';
import { readModelLayer } from '../images/model-layer.js';
import { parseImageReference } from '../images/registry/reference.js';
import { type PushedImage, pushImage } from '../images/registry/registry-image.js';
import type { Environment } from '../ports/environment.js';
import type { UseCaseContext } from '../ports/use-case.js';
import { openRegistry } from './registry.js';

export interface PushRequest {
  /** OCI archive or layout directory. */
  readonly archive: string;
  /** REGISTRY/REPOSITORY:TAG. */
  readonly reference: string;
  /** OS/ARCH. */
  readonly platform: string;
  readonly statements: AttachOptions;
}

export interface PushResult extends PushedImage {
  /** The reference to put into a contract. */
  readonly reference: string;
  /** Statements that were attached: the list of parts, and provenance; empty for an image that is none of ours. */
  readonly attached: readonly AttachedStatement[];
}

/** @throws CleanroomError IMAGE_MODEL_LAYER before anything is pushed, REGISTRY_…, IMAGE_…, FILE_… */
export async function pushArchive(
  { archive: path, platform, statements, ...request }: PushRequest,
  environment: Environment | null,
  { progress, warn }: Pick<UseCaseContext, 'progress' | 'warn'>,
): Promise<PushResult> {
  const reference = parseImageReference(request.reference);
  const client = await openRegistry(reference, environment);
  const archive = await openImageArchive(path, { platform: parsePlatform(platform) });
  try {
    for (const remark of archive.remarks) warn(remark);
    await readModelLayer(archive);
    progress.phase(`Pushing to ${reference.registry}`);
    const pushed = await pushImage(client, archive, reference);
    const pinned = `${reference.registry}/${reference.repository}@${pushed.manifestDigest}`;
    const attached = await attachStatements(client, archive, statements);
    return { ...pushed, reference: pinned, attached };
  } finally {
    await archive.close();
  }
}
