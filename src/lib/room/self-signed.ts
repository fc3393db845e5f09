// The room's https identity: a P-256 key made at this start, and a certificate that carries it (RFC 5280, DER by hand).
// Nobody is asked to trust the certificate: callers trust the key, because the room's report binds it.

import { createSign, randomBytes, type KeyObject } from 'node:crypto';

import { concatBytes, utf8 } from '../base/bytes/arrays.js';

const VALID_FOR_MS = 365 * 24 * 60 * 60_000;
const CLOCK_SKEW_MS = 5 * 60_000;
const OID_COMMON_NAME = Uint8Array.of(0x06, 0x03, 0x55, 0x04, 0x03);
const OID_SUBJECT_ALT_NAME = Uint8Array.of(0x06, 0x03, 0x55, 0x1d, 0x11);
/* ecdsa-with-SHA256, 1.2.840.10045.4.3.2 (RFC 5758 §3.2). */
const ECDSA_SHA256 = sequence(Uint8Array.of(0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03, 0x02));

/** A self-signed certificate in PEM for `name`, valid for a year from now. */
export function selfSignedCertificate(
  privateKey: KeyObject,
  publicKey: KeyObject,
  name: string,
  now: Date,
): string {
  const subject = sequence(tagged(0x31, sequence(OID_COMMON_NAME, tagged(0x0c, utf8(name)))));
  const validity = sequence(
    time(new Date(now.getTime() - CLOCK_SKEW_MS)),
    time(new Date(now.getTime() + VALID_FOR_MS)),
  );
  const serial = randomBytes(16);
  serial[0] = ((serial[0] ?? 0) & 0x3f) | 0x40;
  const body = sequence(
    tagged(0xa0, Uint8Array.of(0x02, 0x01, 0x02)),
    tagged(0x02, serial),
    ECDSA_SHA256,
    subject,
    validity,
    subject,
    publicKey.export({ type: 'spki', format: 'der' }),
    tagged(0xa3, sequence(alternativeName(name))),
  );
  const signature = createSign('sha256').update(body).sign(privateKey);
  const certificate = sequence(body, ECDSA_SHA256, tagged(0x03, concatBytes(Uint8Array.of(0), signature)));
  return pem(certificate);
}

function alternativeName(name: string): Uint8Array {
  return sequence(OID_SUBJECT_ALT_NAME, tagged(0x04, sequence(tagged(0x82, utf8(name)))));
}

/* UTCTime until 2049 (RFC 5280 §4.1.2.5). */
function time(at: Date): Uint8Array {
  const digits = at.toISOString().replace(/[-:T]/g, '').slice(2, 14);
  return tagged(0x17, utf8(`${digits}Z`));
}

function sequence(...parts: readonly Uint8Array[]): Uint8Array {
  return tagged(0x30, concatBytes(...parts));
}

function tagged(tag: number, content: Uint8Array): Uint8Array {
  return concatBytes(Uint8Array.of(tag), lengthOf(content.length), content);
}

function lengthOf(length: number): Uint8Array {
  if (length < 0x80) return Uint8Array.of(length);
  if (length < 0x100) return Uint8Array.of(0x81, length);
  return Uint8Array.of(0x82, length >> 8, length & 0xff);
}

function pem(der: Uint8Array): string {
  const lines =
    Buffer.from(der)
      .toString('base64')
      .match(/.{1,64}/g) ?? [];
  return `-----BEGIN CERTIFICATE-----\n${lines.join('\n')}\n-----END CERTIFICATE-----\n`;
}
