// A signed fragment in a registry, as what refers to an image (OCI distribution 1.1, referrers; ORAS's artifact type of fragments).

import * as v from 'valibot';

import { utf8 } from '../base/bytes/arrays.js';
import type { Environment } from '../ports/environment.js';
import { sha256Hex } from '../base/bytes/digest.js';
import { CleanroomError } from '../base/errors.js';
import { DescriptorSchema, parseDocument } from '../images/archive/descriptor.js';
import type { ImageReference } from '../images/registry/reference.js';
import type { RegistryClient } from '../images/registry/registry-client.js';
import { bytesBlob } from '../images/build/oci-archive.js';

export const FRAGMENT_ARTIFACT_TYPE = 'application/x-ms-ccepolicy-frag';
export const FRAGMENT_MEDIA_TYPE = 'application/cose-x509+rego';
const OCI_MANIFEST = 'application/vnd.oci.image.manifest.v1+json';
const OCI_INDEX = 'application/vnd.oci.image.index.v1+json';
const EMPTY_MEDIA_TYPE = 'application/vnd.oci.empty.v1+json';
const EMPTY = utf8('{}');
const IndexSchema = v.looseObject({
  manifests: v.pipe(v.array(v.looseObject(DescriptorSchema.entries)), v.maxLength(1024)),
});

interface Descriptor {
  readonly mediaType: string;
  readonly digest: string;
  readonly size: number;
}

export interface AttachedFragment {
  /** Digest of the manifest that refers to the image. */
  readonly manifestDigest: string;
  /** Digest of the image that it refers to. */
  readonly subjectDigest: string;
}

/**
 * Pushes the fragment and a manifest whose subject is the image. For registries without the referrers API the tag
 * `sha256-<digest>` lists it too.
 *
 * @throws CleanroomError as RegistryClient; USAGE for a reference without digest, since a tag may name another image later
 */
export async function attachFragment(
  client: RegistryClient,
  reference: ImageReference,
  signed: Uint8Array,
): Promise<AttachedFragment> {
  if (reference.digest === null) {
    throw new CleanroomError('USAGE', 'name the image by digest: a tag may name another image tomorrow');
  }
  const subject = await client.fetchManifest(reference.digest);
  const described: Descriptor = {
    mediaType: mediaTypeOf(subject.bytes),
    digest: `sha256:${subject.digest}`,
    size: subject.bytes.length,
  };
  await client.pushBlob(bytesBlob(EMPTY));
  await client.pushBlob(bytesBlob(signed));
  const manifest = utf8(
    JSON.stringify({
      schemaVersion: 2,
      mediaType: OCI_MANIFEST,
      artifactType: FRAGMENT_ARTIFACT_TYPE,
      config: descriptorOf(EMPTY_MEDIA_TYPE, EMPTY),
      layers: [descriptorOf(FRAGMENT_MEDIA_TYPE, signed)],
      subject: described,
    }),
  );
  const digest = `sha256:${sha256Hex(manifest)}`;
  await client.pushManifest(digest, OCI_MANIFEST, bytesBlob(manifest));
  await listByTag(client, described.digest, {
    ...descriptorOf(OCI_MANIFEST, manifest),
    artifactType: FRAGMENT_ARTIFACT_TYPE,
  });
  return { manifestDigest: digest, subjectDigest: described.digest };
}

/* The fallback of distribution 1.1: an index under a tag made of the subject's digest; what is listed there stays. */
async function listByTag(
  client: RegistryClient,
  subject: string,
  entry: Descriptor & { readonly artifactType: string },
): Promise<void> {
  const tag = subject.replace(':', '-');
  const others = (await listed(client, tag)).filter(({ digest }) => digest !== entry.digest);
  const index = utf8(
    JSON.stringify({
      schemaVersion: 2,
      mediaType: OCI_INDEX,
      manifests: [...others, entry],
    }),
  );
  await client.pushManifest(tag, OCI_INDEX, bytesBlob(index));
}

async function listed(client: RegistryClient, tag: string): Promise<readonly Descriptor[]> {
  const bytes = await client.tryManifest(tag);
  if (bytes === null) return [];
  return parseDocument(bytes, IndexSchema, 'the list of what is attached').manifests;
}

function mediaTypeOf(manifest: Uint8Array): string {
  const { mediaType } = JSON.parse(Buffer.from(manifest).toString('utf8')) as {
    readonly mediaType?: unknown;
  };
  return typeof mediaType === 'string' ? mediaType : OCI_MANIFEST;
}

function descriptorOf(mediaType: string, bytes: Uint8Array): Descriptor {
  return {
    mediaType,
    digest: `sha256:${sha256Hex(bytes)}`,
    size: bytes.length,
  };
}

const MAX_FRAGMENT = 8 * 1024 * 1024;

/**
 * As attachFragment, for a file and a reference as written. Whose signature it is, the guest decides by the importing policy.
 *
 * @throws CleanroomError also FRAGMENT_INVALID for what is no signed fragment
 */
export async function attachFragmentFile(
  file: string,
  image: string,
  environment: Environment | null,
): Promise<AttachedFragment> {
  const { parseSignedFragment } = await import('../evidence/policy-fragment/verify-fragment.js');
  const { parseImageReference } = await import('../images/registry/reference.js');
  const { readFileBounded } = await import('../base/files/read-bounded.js');
  const { openRegistry } = await import('./registry.js');
  const signed = await readFileBounded(file, MAX_FRAGMENT);
  const parsed = parseSignedFragment(signed);
  if (typeof parsed === 'string') throw new CleanroomError('FRAGMENT_INVALID', parsed);
  const reference = parseImageReference(image);
  return attachFragment(await openRegistry(reference, environment), reference, signed);
}
