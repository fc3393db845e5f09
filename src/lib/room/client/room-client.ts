// A room's own API over https. Its certificate is self-made: what makes the connection good is that the
// certificate's key is the one in the room's attestation report, so every answer carries that key.

import { X509Certificate } from 'node:crypto';
import { request } from 'node:https';
import { TLSSocket } from 'node:tls';

import { CleanroomError, describeCause } from '../../base/errors.js';

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
export function getFromRoom({ host, port, path, maxBytes, timeoutMs }: RoomRequest): Promise<RoomAnswer> {
  return new Promise((resolve, reject) => {
    const fail = (reason: string, cause?: unknown): void => {
      call.destroy();
      reject(
        new CleanroomError('ROOM_UNREACHABLE', `the room at https://${host}:${port} ${reason}`, { cause }),
      );
    };
    const call = request(
      { host, port, path, rejectUnauthorized: false, agent: false, timeout: timeoutMs },
      (response) => {
        const key = tlsKeyOf(response.socket);
        if (key === null) {
          fail('has no P-256 certificate');
          return;
        }
        const chunks: Buffer[] = [];
        let length = 0;
        response.on('data', (chunk: Buffer) => {
          length += chunk.length;
          if (length > maxBytes) fail(`answers more than ${maxBytes} bytes`);
          else chunks.push(chunk);
        });
        response.on('error', (cause) => fail('broke off its answer', cause));
        response.on('end', () => {
          const contentType = response.headers['content-type'] ?? '';
          resolve({
            status: response.statusCode ?? 0,
            body: Buffer.concat(chunks),
            contentType,
            tlsKey: key,
          });
        });
      },
    );
    call.on('timeout', () => fail(`does not answer within ${timeoutMs} ms`));
    call.on('error', (cause) => fail(`cannot be reached: ${describeCause(cause)}`, cause));
    call.end();
  });
}

function tlsKeyOf(socket: unknown): RoomAnswer['tlsKey'] | null {
  if (!(socket instanceof TLSSocket)) return null;
  const { publicKey } = new X509Certificate(socket.getPeerCertificate().raw);
  // Keys of other kinds may have no JWK form at all.
  if (publicKey.asymmetricKeyType !== 'ec') return null;
  const { kty, crv, x, y } = publicKey.export({ format: 'jwk' });
  return kty === 'EC' && crv === 'P-256' && x !== undefined && y !== undefined ? { kty, crv, x, y } : null;
}
