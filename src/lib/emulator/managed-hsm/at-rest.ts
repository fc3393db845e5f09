// Key material at rest: AES-256-GCM under a master key of the state directory, bound to the key's name and version.

import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';

import * as v from 'valibot';

import { concatBytes, utf8 } from '../../base/bytes/arrays.js';
import { fromBase64, toBase64 } from '../../base/bytes/base64.js';
import { corrupt, type StateStore } from '../state/state-store.js';
import { loadDocumentAs } from '../state/stored-document.js';

const NONCE_BYTES = 12;
const TAG_BYTES = 16;
const Document = v.strictObject({ key: v.string() });

/** Encrypts and decrypts key material; `label` binds a ciphertext to its place. */
export interface MaterialVault {
  seal(label: string, material: Uint8Array): string;
  /** @throws CleanroomError EMULATOR_STATE_CORRUPT for another label or a changed ciphertext. */
  open(label: string, sealed: string): Uint8Array;
}

/** Opens the vault of host `id`; its master key is a document of its own, `master-key-ID`. */
export async function openMaterialVault(store: StateStore, id: string): Promise<MaterialVault> {
  const document = `master-key-${id}`;
  const kept = await loadDocumentAs(store, document, Document);
  const key = kept === null ? randomBytes(32) : fromBase64(kept.key);
  if (key?.length !== 32) throw corrupt(`${document}.json`, new Error('not a 256-bit key'));
  if (kept === null) await store.save(document, { key: toBase64(key) });

  return {
    seal: (label, material) => {
      const nonce = randomBytes(NONCE_BYTES);
      const cipher = createCipheriv('aes-256-gcm', key, nonce).setAAD(utf8(label));
      return toBase64(concatBytes(nonce, cipher.update(material), cipher.final(), cipher.getAuthTag()));
    },
    open: (label, sealed) => {
      const bytes = fromBase64(sealed) ?? new Uint8Array();
      try {
        const decipher = createDecipheriv('aes-256-gcm', key, bytes.subarray(0, NONCE_BYTES))
          .setAAD(utf8(label))
          .setAuthTag(bytes.subarray(bytes.length - TAG_BYTES));
        const body = bytes.subarray(NONCE_BYTES, bytes.length - TAG_BYTES);
        return concatBytes(decipher.update(body), decipher.final());
      } catch (cause) {
        throw corrupt(`key material of ${label}`, cause);
      }
    },
  };
}
