// The contract that this room keeps: fetched by its measured URL, accepted only if it has the measured digest.

import { decodeUtf8 } from '../base/bytes/arrays.js';
import { sha256Hex } from '../base/bytes/digest.js';
import { parseStrictJson } from '../base/bytes/strict-json.js';
import { checkContract, MAX_CONTRACT_BYTES, type ParsedContract } from '../contract/check.js';
import { CleanroomError } from '../base/errors.js';
import type { BlobClient } from './blob-client.js';
import type { RoomConfig } from './config.js';

/**
 * Fetches the contract and holds it against the measured digest.
 *
 * @throws CleanroomError BLOB_MISSING, CONTRACT_DIGEST_MISMATCH, CONTRACT_INVALID
 */
export async function fetchContract(client: BlobClient, config: RoomConfig): Promise<ParsedContract> {
  const address = { url: config.contractUrl, sas: config.contractSas };
  const blob = await client.read(address, MAX_CONTRACT_BYTES);
  if (blob === null) throw new CleanroomError('BLOB_MISSING', 'the contract is not in storage');
  const parsed = parseContractBlob(blob.bytes);
  if (parsed.digest !== config.contractDigest) {
    throw new CleanroomError(
      'CONTRACT_DIGEST_MISMATCH',
      `the contract in storage has the digest ${parsed.digest}; this room was measured for ${config.contractDigest}`,
    );
  }
  requireAgreedRoots(parsed, config);
  return parsed;
}

function parseContractBlob(bytes: Uint8Array): ParsedContract {
  try {
    return checkContract(parseStrictJson(decodeUtf8(bytes) ?? ''));
  } catch (cause) {
    if (cause instanceof CleanroomError) throw cause;
    throw new CleanroomError('CONTRACT_DIGEST_MISMATCH', 'what is stored as the contract is not JSON', {
      cause,
    });
  }
}

/* Other TLS roots than the built-in ones: only those that every party agreed to, and never silently none. */
function requireAgreedRoots({ contract }: ParsedContract, { tlsRoots }: RoomConfig): void {
  const agreed = contract.trust?.emulated.tlsRoots ?? null;
  const given = tlsRoots === null ? null : `sha256:${sha256Hex(tlsRoots)}`;
  if (agreed !== given)
    throw new CleanroomError(
      'ROOM_CONFIG_INVALID',
      'the TLS roots of the room are not those of its contract',
    );
}
