// Which known program an image is: this installation's own room, made again here, or a release of its table.

import { access } from 'node:fs/promises';

import type { Progress } from '../base/progress.js';
import { type ImageArchive, openImageArchive } from '../images/archive/image-archive.js';
import { type ReadStatement, readStatements } from '../images/attest/attach.js';
import type { LayerCache } from '../images/layer-cache.js';
import { measureImage } from '../images/measure.js';
import { modelDigestOf, readModelLayer } from '../images/model-layer.js';
import { measureOwnProgram } from '../images/pack/own-program.js';
import type { ImageBase } from '../images/pack/pack-program.js';
import { readReleaseTable } from '../images/pack/release-package.js';
import { type NamedProgram, type ProgramVerdict, verifyProgram } from '../images/pack/verify-program.js';
import { parseImageReference } from '../images/registry/reference.js';
import type { RegistryClient } from '../images/registry/registry-client.js';
import { openRegistryImage } from '../images/registry/registry-image.js';
import type { Environment } from '../ports/environment.js';
import { openRegistry } from './registry.js';

export interface ImageQuestion {
  /** An archive, a layout directory, or `REGISTRY/REPOSITORY@sha256:…`. */
  readonly image: string;
  readonly packageRoot: string;
  /** Base of the room to compare with. */
  readonly base: ImageBase;
  readonly cache: LayerCache | undefined;
  /** Public key (P-256, PEM) that is to have signed what is attached; null: no signature is checked, and each says so. */
  readonly statementKey: string | null;
  /** Asked only where the image is in a registry; null without a profile. */
  readonly environment: () => Promise<Environment | null>;
  readonly progress: Progress;
}

export interface ImageVerdict extends ProgramVerdict {
  /** `sha256:…` of the image's manifest; null in a docker archive. */
  readonly manifestDigest: string | null;
  /** Digest of the model's files, as contracts name it; null without a baked-in model. */
  readonly modelDigest: string | null;
  /** Statements that are attached to the image in its registry; empty for a file. */
  readonly attached: readonly ReadStatement[];
  /** Programs that the image was compared with. */
  readonly known: readonly string[];
}

/**
 * Measures the image and compares it, layer by layer; nothing of it is run.
 *
 * @throws CleanroomError IMAGE_*, REGISTRY_*, ROOM_PACKAGE_CHANGED, FILE_NOT_FOUND
 */
export async function verifyImage(question: ImageQuestion): Promise<ImageVerdict> {
  const { packageRoot, cache, progress } = question;
  const { archive, client } = await open(question);
  try {
    progress.phase('Measuring the image');
    const model = await readModelLayer(archive);
    const image = await measureImage(archive, {
      reference: archive.path,
      ...(cache === undefined ? {} : { cache }),
    });
    progress.phase("Building this installation's own room to compare with");
    const known = await knownRooms(question);
    return {
      ...verifyProgram(image, model !== null, known),
      manifestDigest: archive.manifestDigest,
      modelDigest: model === null ? null : modelDigestOf(model),
      attached:
        client === null
          ? []
          : await readStatements(client, archive, { packageRoot, keyFile: question.statementKey }),
      known: known.map(({ release }) => release),
    };
  } finally {
    await archive.close();
  }
}

async function open({ image, environment }: ImageQuestion): Promise<{
  readonly archive: ImageArchive;
  readonly client: RegistryClient | null;
}> {
  const isFile = await access(image).then(
    () => true,
    () => false,
  );
  if (isFile) return { archive: await openImageArchive(image), client: null };
  const reference = parseImageReference(image);
  const client = await openRegistry(reference, await environment());
  return { archive: await openRegistryImage(client, reference), client };
}

async function knownRooms({ packageRoot, base, cache }: ImageQuestion): Promise<readonly NamedProgram[]> {
  const releases = await readReleaseTable(packageRoot);
  const own = await measureOwnProgram({
    packageRoot,
    program: 'summarizer',
    base,
    releases,
    ...(cache === undefined ? {} : { cache }),
  });
  const table = releases.releases.map(({ version, layers, config }) => ({
    release: version,
    layers,
    config,
  }));
  return [own, ...table.filter(({ release }) => release !== own.release)];
}
