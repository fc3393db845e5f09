// What of a header only the holder of the data key can write and judge: the MAC of its recipients, and the commitment to the
// data key (docs/reference/sealed-format.md §3). An earlier header may have neither.

import { createHash, createHmac, hkdfSync } from 'node:crypto';

import { decodeUtf8, equalBytes, utf8 } from '../../base/bytes/arrays.js';
import { toBase64Url } from '../../base/bytes/base64.js';
import { canonicalJson } from '../../base/bytes/canonical-json.js';
import {
  assembleHeader,
  encodedProtected,
  type ProtectedHeader,
  type RecipientEntry,
  RECIPIENTS_MAC,
  type SealedHeader,
} from '../format/header.js';

const MAC_KEY_INFO = 'CLNROOM1 recipients';
const COMMIT_LABEL = utf8('cleanroom-data-key');

/** A header for recipients to whom `dataKey` has been wrapped. */
export function buildHeader(
  protectedHeader: Omit<ProtectedHeader, 'mac' | 'commit'>,
  recipients: readonly RecipientEntry[],
  dataKey: Uint8Array,
): SealedHeader {
  const claims = { ...protectedHeader, mac: RECIPIENTS_MAC, commit: commitmentTo(dataKey) };
  const encoded = toBase64Url(utf8(JSON.stringify(claims)));
  return assembleHeader(encoded, withMac(encoded, recipients, dataKey));
}

/** The same header for other recipients: `protected` stays as it stands, so the payload stays valid. */
export function replaceRecipients(
  header: SealedHeader,
  recipients: readonly RecipientEntry[],
  dataKey: Uint8Array,
): SealedHeader {
  const encoded = encodedProtected(header);
  const entries = header.protected.mac === undefined ? recipients : withMac(encoded, recipients, dataKey);
  return assembleHeader(encoded, entries);
}

/**
 * Whether `dataKey` is the one that the header commits to; true of an earlier header, which commits to none.
 * AES-GCM does not commit to its key: without this one blob could open to two texts, for two recipients.
 */
export function commitmentHolds(header: SealedHeader, dataKey: Uint8Array): boolean {
  const { commit } = header.protected;
  return commit === undefined || equalBytes(utf8(commit), utf8(commitmentTo(dataKey)));
}

/* BASE64URL(SHA-256(label ‖ data key)); the key is uniform, so its hash tells nothing of it. */
function commitmentTo(dataKey: Uint8Array): string {
  return createHash('sha256').update(COMMIT_LABEL).update(dataKey).digest('base64url');
}

/** Whether the holder of `dataKey` wrote the recipients as they stand; true of a header that claims no such thing. */
export function recipientsHold(header: SealedHeader, dataKey: Uint8Array): boolean {
  if (header.protected.mac === undefined) return true;
  const expected = recipientsMac(encodedProtected(header), header.recipients, dataKey);
  return header.recipients.every(({ header: { mac = '' } }) => equalBytes(expected, utf8(mac)));
}

function withMac(
  encoded: string,
  recipients: readonly RecipientEntry[],
  dataKey: Uint8Array,
): readonly RecipientEntry[] {
  const mac = decodeUtf8(recipientsMac(encoded, recipients, dataKey)) ?? '';
  return recipients.map(({ header, encrypted_key }) => ({ header: { ...header, mac }, encrypted_key }));
}

/* BASE64URL of the HMAC over `protected`, a full stop, and the RFC 8785 text of `recipients` without their MACs. */
function recipientsMac(
  encoded: string,
  recipients: readonly RecipientEntry[],
  dataKey: Uint8Array,
): Uint8Array {
  const key = new Uint8Array(hkdfSync('sha256', dataKey, new Uint8Array(0), MAC_KEY_INFO, 32));
  const bare = recipients.map(({ header, encrypted_key }) => ({
    header: { ...header, mac: undefined },
    encrypted_key,
  }));
  return utf8(
    createHmac('sha256', key)
      .update(`${encoded}.${canonicalJson(bare)}`)
      .digest('base64url'),
  );
}
