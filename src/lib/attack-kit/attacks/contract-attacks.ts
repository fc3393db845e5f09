// Attacks by the contract: a copy with other recipients, and two versions of it.

import { join } from 'node:path';

import { createBlobStore } from '../../azure/blob-store.js';
import { utf8 } from '../../base/bytes/arrays.js';
import { canonicalJson } from '../../base/bytes/canonical-json.js';
import { generateContractPolicy } from '../../cce-policy/generate/contract-policy.js';
import { prepareDeployment } from '../../parties/prepare-deployment.js';
import { checkContract, type ParsedContract } from '../../contract/check.js';
import { generatePartyKey } from '../../keys/party-keys.js';
import { signConsent } from '../../keys/sign-consent.js';
import { writeFileAtomic } from '../../base/files/atomic-write.js';
import { type Deal, firstOwner } from '../stage/deal.js';
import { partyKeyPath, readPartyKey } from '../../parties/init-party.js';
import type { BlobStore } from '../../ports/ports.js';
import type { Attack } from './attack.js';
import { describeRoom, runToTheEnd } from './attack-room.js';
import { CONSENT, HSM_RELEASE, ROOM_CONTRACT, ROOM_DATASET } from './guards.js';
import { connectionOf } from '../stage/connection-of.js';

const THE_SUMMARY = 'the summary, in clear on a page, and with other limits the text itself';

export const CONTRACT_ATTACKS: readonly Attack[] = [
  {
    id: 'I15',
    name: 'stored-contract',
    what: 'puts a copy of the contract in which it receives more into storage, and deploys the agreed room',
    wouldHaveLeaked: THE_SUMMARY,
    alone: true,
    guards: { CONTRACT_DIGEST_MISMATCH: ROOM_CONTRACT },
    play: async ({ honest, stage }) => {
      const deal = await honest();
      const forged = await forgeContract(deal);
      const undo = await storeContract(deal, forged);
      try {
        await runToTheEnd(deal, await describeRoom(deal, 'attack-contract'), stage.signal);
      } finally {
        await undo();
      }
      return null;
    },
  },
  {
    id: 'I15',
    name: 'own-contract',
    what: 'makes a policy for its own copy of the contract, and deploys both',
    wouldHaveLeaked: THE_SUMMARY,
    alone: true,
    guards: { DATASET_REFUSED: ROOM_DATASET, NO_RESULT: ROOM_DATASET, KEY_RELEASE_DENIED: HSM_RELEASE },
    play: async ({ honest, stage }) => {
      const deal = await honest();
      const parsed = await forgeContract(deal);
      const own: Deal = { ...deal, parsed, policy: generateContractPolicy({ ...deal, parsed }) };
      const undo = await storeContract(deal, parsed);
      try {
        await runToTheEnd(own, await describeRoom(own, 'attack-own-contract'), stage.signal);
      } finally {
        await undo();
      }
      return null;
    },
  },
  {
    id: 'II4',
    name: 'two-versions',
    what: 'signs a second version of the contract, and shows each party the one that it likes',
    wouldHaveLeaked: 'a room that one party never agreed to',
    guards: { CONSENT_MISSING: CONSENT },
    play: async (setting) => {
      const deal = await setting.agree('two-versions');
      const { host } = deal.terms;
      const { environment } = firstOwner(deal);
      const { party } = environment.profile;
      const key = await readPartyKey(partyKeyPath(environment.directory, party, 'contract'));
      const second = await signConsent(await forgeContract(deal), party, key.privateKey, new Date());
      await writeFileAtomic(join(host.directory, `contract.${party}-again.consent.jws`), `${second}\n`);
      await prepareDeployment(
        host,
        {
          contractPath: join(host.directory, 'contract.yaml'),
          policyPath: undefined,
          imageFlags: undefined,
          name: undefined,
          dnsNameLabel: undefined,
          parameters: new Map(),
          cacheDirectory: setting.stage.cacheDirectory,
        },
        setting.stage,
      );
      return null;
    },
  },
];

/** The contract as the host would like it: a key of its own receives the result, and the page shows it. */
async function forgeContract({ parsed: { contract } }: Deal): Promise<ParsedContract> {
  const { publicKey } = await generatePartyKey();
  const parties = contract.parties.map((party) =>
    party.id === contract.room.host ? { ...party, resultKey: publicKey } : party,
  );
  return checkContract({ ...contract, parties, summary: { ...contract.summary, delivery: 'page' } });
}

/** Replaces the stored contract, through somebody's write access; what puts it back. */
async function storeContract(deal: Deal, forged: ParsedContract): Promise<() => Promise<void>> {
  const store = await ownersStore(deal);
  const at = deal.parsed.contract.room.contractBlob;
  await store.write(at, utf8(canonicalJson(forged.contract)), 'replace');
  return async () => {
    await store.write(at, utf8(deal.parsed.canonical), 'replace');
  };
}

async function ownersStore(deal: Deal): Promise<BlobStore> {
  return createBlobStore(await connectionOf(firstOwner(deal).environment));
}
