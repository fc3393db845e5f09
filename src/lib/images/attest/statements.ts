// in-toto statements about a room's image: the list of its parts (SPDX), and how it was built (SLSA provenance v1).

import type { Json } from '../../base/bytes/canonical-json.js';
import type { RoomLock } from '../base/room-lock.js';
import { listParts, spdxDocument } from './spdx.js';

export const SPDX_PREDICATE = 'https://spdx.dev/Document';
export const PROVENANCE_PREDICATE = 'https://slsa.dev/provenance/v1';

export interface AttestedImage {
  /** Name for the reader; the digest is what counts. */
  readonly name: string;
  /** `sha256:…` of the image's manifest. */
  readonly manifestDigest: string;
  /** Version of this toolkit, or the release that was built again. */
  readonly version: string;
  /** Diff ids, lowest first. */
  readonly layers: readonly string[];
}

/** Both statements, by predicate type. */
export function imageStatements(image: AttestedImage, lock: RoomLock): ReadonlyMap<string, Json> {
  const subject = [{ name: image.name, digest: { sha256: image.manifestDigest.slice('sha256:'.length) } }];
  const statement = (predicateType: string, predicate: Json): Json => ({
    _type: 'https://in-toto.io/Statement/v1',
    subject,
    predicateType,
    predicate,
  });
  return new Map([
    [SPDX_PREDICATE, statement(SPDX_PREDICATE, spdxDocument(lock))],
    [PROVENANCE_PREDICATE, statement(PROVENANCE_PREDICATE, provenance(image, lock))],
  ]);
}

/* No time and no machine: whoever builds the same version makes the same image and the same statement. */
function provenance({ version, layers }: AttestedImage, lock: RoomLock): Json {
  return {
    buildDefinition: {
      buildType: 'urn:cleanroom:image-build:v1',
      externalParameters: { version, layers: [...layers] },
      resolvedDependencies: listParts(lock).map(({ purl, algorithm, digest }) => ({
        uri: purl,
        digest: { [algorithm]: digest },
      })),
    },
    runDetails: { builder: { id: `urn:cleanroom:cli:${version}` } },
  };
}
