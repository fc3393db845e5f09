// A contract for tests: Contoso hosts and receives, Fabrikam owns the text. Keys are made at run time.

import { createPublicKey, type KeyObject } from 'node:crypto';

import { freshKeyPairSync } from '../../src/lib/keys/fresh-key.js';
import { checkContract, type ParsedContract } from '../../src/lib/contract/parse.js';
import type { Contract, PublicKeyJwk, TextLimits } from '../../src/lib/contract/schema.js';

/** The public half of a fresh P-256 key. */
export function freshPublicKey(): PublicKeyJwk {
  const { x, y } = freshKeyPairSync({ type: 'ec', curve: 'P-256' }).publicKey.export({ format: 'jwk' });
  return { kty: 'EC', crv: 'P-256', x: x!, y: y! };
}

const ZEROS = '0'.repeat(64);

export const EXAMPLE_LIMITS: TextLimits = {
  scripts: ['Latin'],
  maxCharacters: 900,
  maxShareOfSource: 0.3,
  maxCopiedWords: 12,
  maxCopiedShare: 0.6,
  minDocuments: 1,
};

/** A complete contract as a plain value; change members to make the case of a test. */
export function exampleContract(): Contract {
  const account = 'https://fabrikamdata.blob.core.windows.net';
  return {
    version: 2,
    name: 'quarterly-notes',
    parties: [
      {
        id: 'contoso',
        roles: ['host', 'recipient'],
        contractKey: freshPublicKey(),
        resultKey: freshPublicKey(),
      },
      {
        id: 'fabrikam',
        roles: ['data-owner'],
        contractKey: freshPublicKey(),
        resultKey: freshPublicKey(),
      },
    ],
    datasets: [
      {
        id: 'notes',
        owner: 'fabrikam',
        kind: 'text',
        key: { vault: 'fabrikam-hsm.managedhsm.azure.net', name: 'quarterly-notes' },
        blob: { account, container: 'cleanroom', name: 'notes.sealed' },
        budget: { container: 'cleanroom-budget', name: 'quarterly-notes' },
      },
    ],
    room: {
      host: 'contoso',
      region: 'westeurope',
      platform: 'aci',
      program: { release: '1.0.0' },
      containers: [
        {
          name: 'summarizer',
          image: `contoso.azurecr.io/cleanroom/summarizer@sha256:${ZEROS}`,
          cpu: 2,
          memoryGiB: 8,
        },
        { name: 'skr', image: `mcr.microsoft.com/aci/skr@sha256:${ZEROS}`, cpu: 0.5, memoryGiB: 1 },
      ],
      sidecarPort: 8080,
      ports: [8501],
      stdio: false,
      contractBlob: { account, container: 'cleanroom', name: 'quarterly-notes.contract.json' },
      resultBlob: {
        account: 'https://contosodata.blob.core.windows.net',
        container: 'results',
        name: 'quarterly-notes',
      },
    },
    model: { method: 'extractive' },
    summary: {
      recipients: ['contoso'],
      delivery: 'sealed',
      limits: { ...structuredClone(EXAMPLE_LIMITS), maxResults: 1 },
      extractiveLimits: { ...structuredClone(EXAMPLE_LIMITS), maxCopiedWords: 80, maxCopiedShare: 1 },
    },
    attestation: {
      authorities: ['https://sharedweu.weu.attest.azure.net'],
      guestSvn: 2,
      uvmMinSvn: 100,
      products: ['Milan', 'Genoa', 'Turin'],
    },
    consent: { threshold: 'all' },
  };
}

export function exampleParsedContract(): ParsedContract {
  return checkContract(exampleContract());
}

/** The example with these contract keys, by party: a test signs with their private halves. */
export function contractOfKeys(keys: Readonly<Record<string, KeyObject>>): ParsedContract {
  const example = exampleContract();
  return checkContract({
    ...example,
    parties: example.parties.map((party) => {
      const { x, y } = createPublicKey(keys[party.id]!).export({ format: 'jwk' });
      return { ...party, contractKey: { kty: 'EC', crv: 'P-256', x, y } };
    }),
  });
}
