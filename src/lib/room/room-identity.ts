// The room's two keys, made at this start and never written anywhere: one for https, one that signs receipts.

import { type KeyObject } from 'node:crypto';

import { freshKeyPair } from '../keys/fresh-key.js';
import type { PublicKeyJwk } from '../contract/schema.js';
import { selfSignedCertificate } from './self-signed.js';

/* Never resolves to anything (RFC 6761 §6.4): nobody is to trust the name. */
const CERTIFICATE_NAME = 'room.cleanroom.invalid';

export interface RoomIdentity {
  readonly tls: {
    readonly privateKeyPem: string;
    readonly certificate: string;
    readonly publicKey: PublicKeyJwk;
  };
  readonly receipt: { readonly privateKey: KeyObject; readonly publicKey: PublicKeyJwk };
}

/** Makes both keys (P-256) and the certificate of the first. */
export async function createRoomIdentity(now: Date): Promise<RoomIdentity> {
  const tls = await keyPair();
  const receipt = await keyPair();
  return {
    tls: {
      privateKeyPem: tls.privateKey.export({ format: 'pem', type: 'pkcs8' }).toString(),
      certificate: selfSignedCertificate(tls.privateKey, tls.publicKey, CERTIFICATE_NAME, now),
      publicKey: jwkOf(tls.publicKey),
    },
    receipt: { privateKey: receipt.privateKey, publicKey: jwkOf(receipt.publicKey) },
  };
}

function keyPair(): Promise<{ readonly privateKey: KeyObject; readonly publicKey: KeyObject }> {
  return freshKeyPair({ type: 'ec', curve: 'P-256' });
}

function jwkOf(key: KeyObject): PublicKeyJwk {
  const { x = '', y = '' } = key.export({ format: 'jwk' });
  return { kty: 'EC', crv: 'P-256', x, y };
}
