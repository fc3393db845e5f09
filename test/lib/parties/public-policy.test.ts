// A published policy that allows everything: no key is ever bound to it, and the vault is not even asked.

import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';

import { parseSha256Hex } from '../../../src/lib/base/bytes/digest.js';
import { PUBLISHED_ALLOW_ALL } from '../../../src/lib/contract/published/allow-all.js';
import { SILENT } from '../../../src/lib/base/progress.js';
import { createDatasetKey } from '../../../src/lib/parties/dataset-keys.js';
import { encryptDataset } from '../../../src/lib/parties/encrypt-dataset.js';
import { PINNED_ANCHORS } from '../../../src/lib/attestation/anchors.js';
import type { EncryptPorts, PlainDataset } from '../../../src/lib/parties/encryption-input.js';
import type { KeyVault } from '../../../src/lib/ports/key-vault.js';
import { exampleParsedContract } from '../../support/contract.js';

const ASKED = (): never => assert.fail('the vault was asked');
const VAULT: KeyVault = {
  host: 'fabrikam-hsm.managedhsm.azure.net',
  create: ASKED,
  importKey: ASKED,
  get: ASKED,
  attestation: ASKED,
  versions: ASKED,
  setEnabled: ASKED,
  createSigningKey: ASKED,
  signEs256: ASKED,
  release: ASKED,
  tag: ASKED,
};
const PORTS = {
  vault: () => Promise.resolve(VAULT),
  blobs: { read: () => Promise.resolve(null), etag: () => Promise.resolve(null) },
  records: { read: () => Promise.resolve(null), write: ASKED },
  clock: { now: () => new Date() },
} as unknown as EncryptPorts;

describe('keys under a published policy', () => {
  const parsed = exampleParsedContract();
  const dataset = parsed.contract.datasets[0]!;

  for (const { hash } of PUBLISHED_ALLOW_ALL) {
    const policyHash = parseSha256Hex(hash)!;

    it(`I4: key create refuses ${hash.slice(0, 8)}…`, async () => {
      const request = {
        parsed,
        dataset,
        policyHash,
        kind: 'rsa',
        mutableReason: null,
        material: null,
      } as const;
      await assert.rejects(createDatasetKey(VAULT, request), { code: 'POLICY_PUBLIC' });
    });

    it(`I4: encrypt refuses ${hash.slice(0, 8)}…`, async () => {
      const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
      const input = {
        parsed,
        dataset: dataset.id,
        policyHash,
        contractKey: { privateKey, publicKey: parsed.contract.parties[1]!.contractKey },
        plain: { fingerprint: 'x', seal: ASKED } as unknown as PlainDataset,
        hsm: PINNED_ANCHORS.hsm,
        mutablePolicy: false,
        mutableReason: null,
        givenKey: null,
        alsoTo: [],
        reopens: ASKED,
      };
      const work = encryptDataset(input, PORTS, { progress: SILENT, signal: new AbortController().signal });
      await assert.rejects(work, { code: 'POLICY_PUBLIC' });
    });
  }
});
