// PEM (RFC 7468): certificate blocks and nothing else.

import { fromBase64 } from '../../base/bytes/base64.js';
import { CleanroomError } from '../../base/errors.js';
import { type Certificate, parseCertificate } from './certificate.js';

const BLOCK = /-----BEGIN ([A-Z0-9 ]+)-----([A-Za-z0-9+/=\s]*)-----END \1-----/g;

/**
 * The DER bytes of each block with `label`, in order.
 *
 * @throws CleanroomError CERTIFICATE_MALFORMED for a block of another label, bad base64, or text between blocks.
 */
export function parsePem(text: string, label: string): readonly Uint8Array[] {
  const rest = text.replace(BLOCK, '');
  if (rest.trim() !== '') throw new CleanroomError('CERTIFICATE_MALFORMED', 'text outside the PEM blocks');
  return [...text.matchAll(BLOCK)].map(([, found = '', body = '']) => {
    const der = fromBase64(body.replace(/\s/g, ''));
    if (found !== label || der === null) {
      throw new CleanroomError('CERTIFICATE_MALFORMED', `a PEM block that is no ${label.toLowerCase()}`);
    }
    return der;
  });
}

/** The certificates of a PEM bundle. @throws CleanroomError CERTIFICATE_MALFORMED */
export function parsePemCertificates(text: string): readonly Certificate[] {
  return parsePem(text, 'CERTIFICATE').map(parseCertificate);
}
