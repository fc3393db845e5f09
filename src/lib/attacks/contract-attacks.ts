// Attacks by the contract: a copy with other recipients, two versions of it, and denying what it led to.

import { join } from 'node:path';

import { createBlobStore } from '../azure/blob-store.js';
import { openKeyVault } from '../azure/key-vault.js';
import { utf8 } from '../bytes/arrays.js';
import { canonicalJson } from '../bytes/canonical-json.js';
import { generateContractPolicy } from '../cce-policy/generate/contract-policy.js';
import { prepareDeployment } from '../cli/actions/deploy.js';
import { checkContract, type ParsedContract } from '../contract/check.js';
import { generatePartyKey } from '../contract/party-keys.js';
import { signConsent } from '../contract/consent.js';
import type { ContractBlob } from '../contract/schema.js';
import { CleanroomError } from '../errors.js';
import { writeFileAtomic } from '../files/atomic-write.js';
import { verifySealStatement } from '../sealed-blob/seal-statement.js';
import { datasetOf, type Deal, firstOwner } from '../stage/deal.js';
import { encryptText, receiveSummaryOf, runRoom } from '../stage/steps.js';
import { revokeDatasetKey } from '../workflows/dataset-keys.js';
import { statementBlob } from '../workflows/dataset-storage.js';
import { partyKeyPath, readPartyKey } from '../workflows/init-party.js';
import type { BlobStore } from '../workflows/ports.js';
import type { Attack } from './attack.js';
import { describeRoom, runToTheEnd } from './attack-room.js';
import { CONSENT, HSM_RELEASE, ROOM_CONTRACT, ROOM_DATASET, VERIFIER } from './guards.js';

const MAX_BYTES = 16 * 1024 * 1024;
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
    guards: { DATASET_REFUSED: ROOM_DATASET, KEY_RELEASE_DENIED: HSM_RELEASE },
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
      const second = signConsent(await forgeContract(deal), party, key.privateKey, new Date());
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
  {
    id: 'II5',
    name: 'revoke-and-deny',
    what: 'revokes its key while the room works, and denies that its text was ever in it',
    wouldHaveLeaked: 'nothing; but Contoso could not show what it was given',
    guards: { RECEIPT_HOLDS: VERIFIER },
    play: async (setting) => {
      const deal = await setting.agree('revoke-and-deny');
      const owner = firstOwner(deal);
      await encryptText(setting.stage, owner, setting.textPath);
      const { state, code } = await runRoom(setting.stage, deal);
      if (state !== 'done')
        throw new CleanroomError('RESULT_WAS_REFUSED', `the room ended with ${code ?? ''}`);
      await revoke(deal);
      return (await receiptNamesOwnersText(deal)) ? 'RECEIPT_HOLDS' : null;
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

async function revoke(deal: Deal): Promise<void> {
  const owner = firstOwner(deal);
  const { environment } = owner;
  const dataset = datasetOf(deal, owner);
  const vault = await openKeyVault(await environment.connect(), dataset.key.vault);
  const key = await readPartyKey(partyKeyPath(environment.directory, environment.profile.party, 'contract'));
  await revokeDatasetKey(vault, dataset, { contractKey: key.privateKey, at: new Date() });
}

/** Whether an accepted receipt names blob and key exactly as the owner's own signed statement does. */
async function receiptNamesOwnersText(deal: Deal): Promise<boolean> {
  const { verdict, receipt } = await receiveSummaryOf(deal);
  const owner = firstOwner(deal);
  const statement = verifySealStatement(
    await readText(await ownersStore(deal), statementBlob(datasetOf(deal, owner).blob)),
    await contractKeyOf(deal),
  );
  const input = receipt.inputs.find(({ dataset }) => dataset === owner.dataset);
  return (
    verdict.verdict === 'accepted' &&
    input?.payload === statement.payload.sha256 &&
    input.header === statement.header.sha256 &&
    input.key === statement.key
  );
}

function contractKeyOf(deal: Deal): Promise<ParsedContract['contract']['parties'][number]['contractKey']> {
  const { party } = firstOwner(deal).environment.profile;
  const found = deal.parsed.contract.parties.find(({ id }) => id === party);
  if (found === undefined) throw new CleanroomError('PARTY_UNKNOWN', `the contract has no party ${party}`);
  return Promise.resolve(found.contractKey);
}

async function ownersStore(deal: Deal): Promise<BlobStore> {
  return createBlobStore(await firstOwner(deal).environment.connect());
}

async function readText(store: BlobStore, at: ContractBlob): Promise<string> {
  const stored = await store.read(at, MAX_BYTES);
  return new TextDecoder().decode(stored?.bytes).trim();
}
