// A room's own API over https. Its certificate is self-made: what makes the connection good is that the
// certificate's key is the one in the room's attestation report, so every answer carries that key.

import { X509Certificate } from 'node:crypto';

import { CleanroomError } from '../../base/errors.js';
import { exchange, HttpFailure } from '../../http/exchange.js';

export interface RoomAnswer {
  readonly status: number;
  readonly body: Uint8Array;
  readonly contentType: string;
  /** Public key that ended the TLS connection: compare it with the attested one before believing `body`. */
  readonly tlsKey: { readonly kty: string; readonly crv: string; readonly x: string; readonly y: string };
}

export interface RoomRequest {
  readonly host: string;
  readonly port: number;
  /** Path with query. */
  readonly path: string;
  readonly maxBytes: number;
  readonly timeoutMs: number;
}

/**
 * One GET. The certificate is not checked against any authority; the caller judges `tlsKey`.
 *
 * @throws CleanroomError ROOM_UNREACHABLE (nothing answers, time is up, answer too long)
 */
export async function getFromRoom({
  host,
  port,
  path,
  maxBytes,
  timeoutMs,
}: RoomRequest): Promise<RoomAnswer> {
  const fail = (reason: string, cause?: unknown): CleanroomError =>
    new CleanroomError('ROOM_UNREACHABLE', `the room at https://${host}:${port} ${reason}`, { cause });
  try {
    const url = new URL(path, `https://${host}:${port}`);
    const trust = { kind: 'key-of-answer' } as const;
    const answer = await exchange({ method: 'GET', url, trust, maxBytes, timeoutMs });
    const tlsKey = tlsKeyOf(answer.certificate);
    if (tlsKey === null) throw fail('has no P-256 certificate');
    const contentType = answer.headers['content-type'] ?? '';
    return { status: answer.status, body: answer.body, contentType, tlsKey };
  } catch (cause) {
    throw cause instanceof HttpFailure ? fail(cause.message, cause) : cause;
  }
}

function tlsKeyOf(certificate: Uint8Array | null): RoomAnswer['tlsKey'] | null {
  if (certificate === null || certificate.length === 0) return null;
  const { publicKey } = new X509Certificate(certificate);
  // Keys of other kinds may have no JWK form at all.
  if (publicKey.asymmetricKeyType !== 'ec') return null;
  const { kty, crv, x, y } = publicKey.export({ format: 'jwk' });
  return kty === 'EC' && crv === 'P-256' && x !== undefined && y !== undefined ? { kty, crv, x, y } : null;
}
