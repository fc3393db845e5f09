// The list of parts and the provenance of a room, attached to its image in a registry, and read back from there.

import { createPrivateKey, createPublicKey, type KeyObject } from 'node:crypto';
import { readFile } from 'node:fs/promises';

import { canonicalJson, type Json } from '../../base/bytes/canonical-json.js';
import { CleanroomError, describeCause } from '../../base/errors.js';
import { fileError } from '../../base/files/read-bounded.js';
import type { ImageArchive } from '../archive/image-archive.js';
import { readRoomLock } from '../base/room-lock.js';
import { MEDIA_TYPE } from '../build/oci-archive.js';
import { attachBundle, readBundles } from '../registry/referrers.js';
import type { RegistryClient } from '../registry/registry-client.js';
import { oneTimeKey, readBundle, signBundle, statementKey, type StatementKey } from './bundle.js';
import { spdxDocument } from './spdx.js';
import { imageStatements, SPDX_PREDICATE } from './statements.js';

const ROOM_COMMAND = 'node /app/lib/room/main.js';

export interface AttachedStatement {
  readonly predicateType: string;
  /** `sha256:…` of what was attached. */
  readonly digest: string;
  /** RFC 7638 thumbprint of the key that signs it; `one-time` for a key that nobody keeps. */
  readonly signedBy: string;
}

export interface AttachOptions {
  /** The installation whose lock the image was built from. */
  readonly packageRoot: string;
  readonly version: string;
  /** PEM of a P-256 private key; null: a one-time key. */
  readonly keyFile: string | null;
}

/**
 * Attaches both statements to an image that was pushed. Nothing is attached to an image that is none of our rooms.
 *
 * @throws CleanroomError USAGE (key), and as RegistryClient
 */
export async function attachStatements(
  client: RegistryClient,
  archive: ImageArchive,
  { packageRoot, version, keyFile }: AttachOptions,
): Promise<readonly AttachedStatement[]> {
  const { manifestDigest, documents } = archive;
  if (!isRoom(archive) || manifestDigest === null || documents.manifest === null) return [];
  const key: StatementKey =
    keyFile === null ? oneTimeKey() : statementKey(await readKey(keyFile, createPrivateKey));
  const layers = archive.layers.map(({ diffId }) => `sha256:${diffId}`);
  const image = { name: 'summarizer', manifestDigest, version, layers };
  const subject = { digest: manifestDigest, size: documents.manifest.length, mediaType: MEDIA_TYPE.manifest };
  const attached: AttachedStatement[] = [];
  for (const [predicateType, statement] of imageStatements(image, await readRoomLock(packageRoot))) {
    const digest = await attachBundle(client, subject, predicateType, signBundle(statement, key));
    attached.push({ predicateType, digest, signedBy: key.oneTime ? 'one-time' : key.id });
  }
  return attached;
}

export interface ReadStatement {
  readonly predicateType: string;
  /** Thumbprint that the bundle names. */
  readonly signedBy: string;
  /** Null where no key was given to check it with. */
  readonly signatureHolds: boolean | null;
  /** Whether it is about this image's manifest. */
  readonly aboutThisImage: boolean;
  /** Whether the list of parts is the one of this installation's lock; null for other statements. */
  readonly sameParts: boolean | null;
}

/** Reads every statement that is attached to an image. @throws CleanroomError IMAGE_ATTESTATION_MALFORMED, USAGE (key), as RegistryClient */
export async function readStatements(
  client: RegistryClient,
  { manifestDigest }: ImageArchive,
  { packageRoot, keyFile }: Omit<AttachOptions, 'version'>,
): Promise<readonly ReadStatement[]> {
  if (manifestDigest === null) return [];
  const key = keyFile === null ? null : await readKey(keyFile, createPublicKey);
  const parts = canonicalJson(spdxDocument(await readRoomLock(packageRoot)));
  return (await readBundles(client, manifestDigest)).map((bytes) => {
    const { statement, keyId, signatureHolds } = readBundle(bytes, key);
    const { predicateType, subject, predicate } = statement;
    return {
      predicateType,
      signedBy: keyId,
      signatureHolds,
      aboutThisImage: subject.some(({ digest }) => `sha256:${digest['sha256'] ?? ''}` === manifestDigest),
      sameParts: predicateType === SPDX_PREDICATE ? canonicalJson(predicate as Json) === parts : null,
    };
  });
}

/** For people. */
export function describeAttached({ predicateType, digest, signedBy }: AttachedStatement): string {
  const by =
    signedBy === 'one-time'
      ? 'signed by a one-time key, which does not show who made it'
      : `signed by ${signedBy}`;
  return `  attached ${predicateType} as ${digest}, ${by}`;
}

/** For people. */
export function describeRead(read: ReadStatement): string {
  const signature =
    read.signatureHolds === null
      ? `states the signer ${read.signedBy}; not checked without --statement-key`
      : read.signatureHolds
        ? `signed by ${read.signedBy}`
        : 'NOT signed by the key that was given';
  const about = read.aboutThisImage ? '' : ', about ANOTHER image';
  const parts =
    read.sameParts === null
      ? ''
      : read.sameParts
        ? ", the parts of this installation's lock"
        : ', other parts than this lock';
  return `  attached ${read.predicateType}: ${signature}${about}${parts}`;
}

function isRoom({ config }: ImageArchive): boolean {
  return [...(config.entrypoint ?? []), ...(config.cmd ?? [])].join(' ') === ROOM_COMMAND;
}

async function readKey(path: string, create: (pem: Buffer) => KeyObject): Promise<KeyObject> {
  const pem = await readFile(path).catch((cause: unknown) => {
    throw fileError(path, cause);
  });
  try {
    return create(pem);
  } catch (cause) {
    throw new CleanroomError('USAGE', `${path} is no key in PEM: ${describeCause(cause)}`, { cause });
  }
}
