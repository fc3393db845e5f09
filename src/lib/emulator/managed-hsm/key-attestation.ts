// Key attestation: the HSM's own word that a key is inside it, not to be had outside, and what it may do.
//
// The members are Azure's (REST reference, Get Key Attestation; example 2026-05-01-preview). The blob's inside is the HSM
// maker's and not published in full: here it is UTF-8 JSON of the attributes, followed by an RSASSA-PKCS1-v1_5 signature
// with SHA-256 (256 bytes) over it by the first certificate of `certificatePemFile`.

import { createPrivateKey, sign } from 'node:crypto';

import { utf8 } from '../../base/bytes/arrays.js';
import { toBase64Url } from '../../base/bytes/base64.js';
import { canonicalJson, type Json } from '../../base/bytes/canonical-json.js';
import type { IssuedCertificate } from '../tls/authority.js';
import { keyId, renderPublicMembers, type HostAddress, type KeyVersion } from './key-records.js';

/** Version of the form above. */
const FORM = 'cleanroom-emulated-1';

/** The member `attestation` of a key's attributes. */
export function attestKey(
  host: HostAddress,
  key: KeyVersion,
  attester: IssuedCertificate,
): Record<string, Json> {
  const isPair = !key.kty.startsWith('oct');
  return {
    certificatePemFile: toBase64Url(utf8(attester.chainPem)),
    privateKeyAttestation: signed(
      { ...attributesOf(host, key), part: isPair ? 'private' : 'secret' },
      attester,
    ),
    ...(isPair
      ? { publicKeyAttestation: signed({ ...attributesOf(host, key), part: 'public' }, attester) }
      : {}),
    version: FORM,
  };
}

/* What the HSM knows of a key, in the words of PKCS #11. */
function attributesOf(host: HostAddress, key: KeyVersion): Record<string, Json> {
  return {
    form: FORM,
    kid: keyId(host, key.name, key.version),
    kty: key.kty,
    public: { ...renderPublicMembers(host.kind, key) },
    extractable: false,
    exportable: key.exportable,
    local: !key.imported,
    sensitive: true,
    keyOps: [...key.keyOps],
  };
}

function signed(attributes: Record<string, Json>, { privateKeyPem }: IssuedCertificate): string {
  const text = utf8(canonicalJson(attributes));
  const signature = sign('sha256', text, createPrivateKey(privateKeyPem));
  return toBase64Url(Buffer.concat([text, signature]));
}
