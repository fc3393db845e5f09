// Attacks from outside: with a SAS that leaked, a host name that looks right, or a cut in the network.

import { overwriteWithSas } from './send-blob.js';
import { createBlobStore, createSasIssuer } from '../../azure/blob-store.js';
import { openKeyVault } from '../../azure/key-vault.js';
import { freshKeyPair } from '../../keys/fresh-key.js';
import { checkContract } from '../../contract/check.js';
import { CONTRACT_URL_VARIABLE } from '../../contract/room-plan.js';
import { CleanroomError } from '../../base/errors.js';
import { openStream } from '../../sealed-blob/engine/open.js';
import { datasetOf, firstOwner } from '../stage/deal.js';
import { encryptText, receiveSummaryOf } from '../stage/steps.js';
import { resultBlob } from '../../parties/receive-summary.js';
import type { Attack } from './attack.js';
import { describeRoom, runToTheEnd, withEnvironment } from './attack-room.js';
import { MAX_BLOB_BYTES } from './dataset-swaps.js';
import { oneChunk } from './forge-dataset.js';
import { CLIENT, GUEST, ROOM_BUDGET, SEALED_BLOB, STORAGE } from './guards.js';
import { connectionOf } from '../stage/connection-of.js';

const HOUR_MS = 60 * 60_000;
const THE_TEXT = "Fabrikam's text";
const A_LOGIN = "a token of Fabrikam's login, and with it everything that the login may do";

export const OUTSIDER_ATTACKS: readonly Attack[] = [
  {
    id: 'X1',
    name: 'read-blob',
    what: "reads Fabrikam's blob with its own login, and tries to open it with a key of its own",
    wouldHaveLeaked: THE_TEXT,
    guards: { SEALED_BLOB_REJECTED: SEALED_BLOB },
    play: async ({ honest }) => {
      const deal = await honest();
      const { blob } = datasetOf(deal, firstOwner(deal));
      const stored = await createBlobStore(await connectionOf(deal.terms.host)).read(blob, MAX_BLOB_BYTES);
      if (stored === null) throw new CleanroomError('BLOB_MISSING', 'the sealed blob is gone');
      const { privateKey } = await freshKeyPair({ type: 'rsa', bits: 2048 });
      const { plaintext } = await openStream(oneChunk(stored.bytes), { identities: () => [privateKey] });
      for await (const chunk of plaintext) if (chunk.length > 0) return null;
      throw new CleanroomError('FILE_EMPTY', 'the blob is empty');
    },
  },
  {
    id: 'X1',
    name: 'stretched-sas',
    what: 'adds the write permission to a SAS for reading that leaked, and overwrites the blob',
    wouldHaveLeaked: 'nothing; but it could destroy every blob of the container',
    guards: { SERVICE_FORBIDDEN: STORAGE },
    play: async ({ honest }) => {
      const deal = await honest();
      const { blob } = datasetOf(deal, firstOwner(deal));
      const connection = await connectionOf(deal.terms.host);
      const sas = await createSasIssuer(connection).issue({
        blob,
        scope: 'blob',
        permissions: 'r',
        expiresAt: new Date(Date.now() + HOUR_MS),
      });
      await overwriteWithSas(connection, blob, sas.replace('sp=r', 'sp=rw'));
      return null;
    },
  },
  {
    id: 'X3',
    name: 'look-alike-vault',
    what: 'gives Fabrikam a contract whose vault has a name that only looks like one of Azure',
    wouldHaveLeaked: A_LOGIN,
    guards: { VAULT_HOST_UNKNOWN: CLIENT },
    play: async ({ honest }) => {
      const { environment } = firstOwner(await honest());
      const connection = await connectionOf(environment);
      for (const host of ['fabrikam.managedhsm.azure.net.contoso.example', 'fabrikam-managedhsm.azure.net'])
        await openKeyVault(connection, host);
      return null;
    },
  },
  {
    id: 'X3',
    name: 'plain-http',
    what: 'proposes a contract whose storage is reached over plain http',
    wouldHaveLeaked: 'every SAS that is sent there',
    guards: { CONTRACT_INVALID: CLIENT },
    play: async ({ honest }) => {
      const { contract } = (await honest()).parsed;
      const datasets = contract.datasets.map((dataset) => ({
        ...dataset,
        blob: { ...dataset.blob, account: dataset.blob.account.replace('https:', 'http:') },
      }));
      checkContract({ ...contract, datasets });
      return null;
    },
  },
  {
    id: 'X3',
    name: 'other-contract-host',
    what: 'sends the room to another host for its contract',
    wouldHaveLeaked: 'the SAS of the contract; and what a contract of that host lets out',
    guards: { POLICY_DENIED: GUEST },
    play: async ({ honest, stage }) => {
      const deal = await honest();
      const group = withEnvironment(await describeRoom(deal, 'attack-contract-host'), {
        container: 'summarizer',
        variables: { [CONTRACT_URL_VARIABLE]: 'https://fabrikamdata.blob.core.windows.net.example/c/x.json' },
      });
      await runToTheEnd(deal, group, stage.signal);
      return null;
    },
  },
  {
    id: 'O7',
    name: 'cut-before-result',
    what: 'cuts the room off from its results once it has the key, and lets it start again',
    wouldHaveLeaked: 'a second result for the price of one, with each cut',
    guards: { COUNTED_ONCE: ROOM_BUDGET },
    play: async (setting) => {
      const deal = await setting.agree('cut-before-result');
      await encryptText(setting.stage, firstOwner(deal), setting.textPath);
      const connection = await connectionOf(deal.terms.host);
      const sas = await createSasIssuer(connection).issue({
        blob: deal.parsed.contract.room.resultBlob,
        scope: 'container',
        permissions: 'r',
        expiresAt: new Date(Date.now() + HOUR_MS),
      });
      const cut = withEnvironment(await describeRoom(deal, 'attack-cut'), {
        container: 'summarizer',
        variables: { CLEANROOM_SAS_RESULT: sas },
      });
      await requireCut(() => runToTheEnd(deal, cut, setting.stage.signal));
      const store = createBlobStore(connection);
      if ((await store.read(resultBlob(deal.parsed, 'result.json'), MAX_BLOB_BYTES)) !== null) return null;
      await runToTheEnd(deal, await describeRoom(deal, 'attack-after-cut'), setting.stage.signal);
      return (await receiveSummaryOf(deal)).receipt.budget?.used === 1 ? 'COUNTED_ONCE' : null;
    },
  },
];

/** The room must have been cut off, for the attack to have been played. */
async function requireCut(run: () => Promise<void>): Promise<void> {
  try {
    await run();
  } catch (error) {
    if (error instanceof CleanroomError && error.code === 'BLOB_REFUSED') return;
    throw error;
  }
  throw new CleanroomError('INTERNAL', 'the room delivered although it was cut off');
}
