// What is attached to an image in a registry (OCI Distribution 1.1, "Listing Referrers"), with the tag that stands for it elsewhere.

import * as v from 'valibot';

import { utf8 } from '../../base/bytes/arrays.js';
import { canonicalJson } from '../../base/bytes/canonical-json.js';
import { BUNDLE_TYPE } from '../attest/bundle.js';
import { DescriptorSchema, MAX_DOCUMENT_BYTES, parseDocument } from '../archive/descriptor.js';
import { bytesBlob, jsonBlob, MEDIA_TYPE } from '../build/oci-archive.js';
import type { RegistryClient } from './registry-client.js';

const EMPTY_CONFIG = bytesBlob(utf8('{}'));
const EMPTY_TYPE = 'application/vnd.oci.empty.v1+json';
const PREDICATE = 'dev.sigstore.bundle.predicateType';
const MAX_REFERRERS = 32;

const IndexSchema = v.looseObject({
  manifests: v.pipe(
    v.array(v.looseObject({ ...DescriptorSchema.entries, artifactType: v.optional(v.string(), '') })),
    v.maxLength(1024),
  ),
});
const ManifestSchema = v.looseObject({ layers: v.pipe(v.array(DescriptorSchema), v.length(1)) });
type ReferrerDescriptor = v.InferOutput<typeof IndexSchema>['manifests'][number];

export interface ImageSubject {
  /** `sha256:…` of the image's manifest. */
  readonly digest: string;
  readonly size: number;
  readonly mediaType: string;
}

/** Attaches a bundle to an image. @returns `sha256:…` of what was attached. @throws as RegistryClient */
export async function attachBundle(
  client: RegistryClient,
  subject: ImageSubject,
  predicateType: string,
  bundle: string,
): Promise<string> {
  const layer = bytesBlob(utf8(bundle));
  await client.pushBlob(EMPTY_CONFIG);
  await client.pushBlob(layer);
  const annotations = {
    'dev.sigstore.bundle.content': 'dsse-envelope',
    [PREDICATE]: predicateType,
    'org.opencontainers.image.created': '1970-01-01T00:00:00Z',
  };
  const manifest = jsonBlob({
    schemaVersion: 2,
    mediaType: MEDIA_TYPE.manifest,
    artifactType: BUNDLE_TYPE,
    config: { mediaType: EMPTY_TYPE, digest: `sha256:${EMPTY_CONFIG.digest}`, size: EMPTY_CONFIG.size },
    layers: [
      {
        mediaType: BUNDLE_TYPE,
        digest: `sha256:${layer.digest}`,
        size: layer.size,
        annotations: { 'org.opencontainers.image.title': `sha256-${layer.digest}.sigstore.json` },
      },
    ],
    subject: { ...subject },
    annotations,
  });
  const digest = `sha256:${manifest.digest}`;
  await client.pushManifest(digest, MEDIA_TYPE.manifest, manifest);
  if ((await client.listReferrers(subject.digest)) === null)
    await addToTag(client, subject.digest, {
      mediaType: MEDIA_TYPE.manifest,
      digest,
      size: manifest.size,
      artifactType: BUNDLE_TYPE,
      annotations,
    });
  return digest;
}

/** Every bundle that is attached to an image: its bytes, checked against its digest. @throws as RegistryClient */
export async function readBundles(
  client: RegistryClient,
  imageDigest: string,
): Promise<readonly Uint8Array[]> {
  const bundles: Uint8Array[] = [];
  const listed = (await listAttached(client, imageDigest)).filter(
    ({ artifactType }) => artifactType === BUNDLE_TYPE,
  );
  for (const { digest } of listed.slice(0, MAX_REFERRERS)) {
    const { bytes } = await client.fetchManifest(digest);
    const [layer] = parseDocument(bytes, ManifestSchema, 'the manifest of an attached bundle').layers;
    if (layer === undefined || layer.size > MAX_DOCUMENT_BYTES) continue;
    const chunks: Uint8Array[] = [];
    for await (const chunk of client.openBlob(layer)) chunks.push(chunk);
    bundles.push(Buffer.concat(chunks));
  }
  return bundles;
}

async function listAttached(
  client: RegistryClient,
  imageDigest: string,
): Promise<readonly ReferrerDescriptor[]> {
  const listed = await client.listReferrers(imageDigest);
  const bytes = listed ?? (await client.tryManifest(tagOf(imageDigest)));
  return bytes === null ? [] : parseDocument(bytes, IndexSchema, 'the list of what is attached').manifests;
}

/* Registries without the API: an index under a tag made of the digest, which the client keeps. */
async function addToTag(
  client: RegistryClient,
  imageDigest: string,
  added: ReferrerDescriptor,
): Promise<void> {
  const before = await listAttached(client, imageDigest);
  const manifests = [...before.filter(({ digest }) => digest !== added.digest), added];
  const index = bytesBlob(
    utf8(canonicalJson({ schemaVersion: 2, mediaType: MEDIA_TYPE.index, manifests } as never)),
  );
  await client.pushManifest(tagOf(imageDigest), MEDIA_TYPE.index, index);
}

function tagOf(digest: string): string {
  return digest.replace(':', '-');
}
