// Attacks on one data owner among several.

import { openKeyVault } from '../../azure/key-vault.js';
import { toBase64 } from '../../base/bytes/base64.js';
import { utf8 } from '../../base/bytes/arrays.js';
import { sha256Hex, type Sha256Hex } from '../../base/bytes/digest.js';
import { CleanroomError } from '../../base/errors.js';
import { releasePolicyOf } from '../../contract/release-policy/build.js';
import { renderReleasePolicy } from '../../contract/release-policy/grammar.js';
import { datasetOf, type DataOwner, type Deal } from '../stage/deal.js';
import { encryptText, runRoom } from '../stage/steps.js';
import type { RecomputedPolicy } from '../../parties/deploy-room.js';
import type { Attack } from './attack.js';
import { describeRoom, runToTheEnd } from './attack-room.js';
import { forgeOwnDataset } from './forge-dataset.js';
import { HSM_RELEASE, ROOM_BUDGET } from './guards.js';
import { connectionOf } from '../stage/connection-of.js';

const TWO_OWNERS = { owners: ['fabrikam', 'tailspin'] };

export const OWNER_ATTACKS: readonly Attack[] = [
  {
    id: 'N1',
    name: 'other-room',
    what: "has Tailspin's key released to a room that Fabrikam never agreed to, and deploys that room over both texts",
    wouldHaveLeaked: "Fabrikam's text, in a room of the two others' making",
    guards: { KEY_RELEASE_DENIED: HSM_RELEASE },
    play: async (setting) => {
      const deal = await setting.agree('other-room', TWO_OWNERS);
      for (const owner of deal.terms.owners) await encryptText(setting.stage, owner, setting.textPath);
      const other = otherPolicy(deal);
      await resealFor(deal, colluderOf(deal), other.hash);
      await runToTheEnd(deal, await describeRoom(deal, 'attack-other-room', other), setting.stage.signal);
      return null;
    },
  },
  {
    id: 'N2',
    name: 'isolate',
    what: "runs the room with Tailspin's text, then again with a text of no content, to see what is Fabrikam's alone",
    wouldHaveLeaked: "the difference of two summaries: what only Fabrikam's text contains",
    guards: { BUDGET_SPENT: ROOM_BUDGET },
    play: async (setting) => {
      const deal = await setting.agree('isolate', TWO_OWNERS);
      for (const owner of deal.terms.owners) await encryptText(setting.stage, owner, setting.textPath);
      const { state, code } = await runRoom(setting.stage, deal);
      if (state !== 'done')
        throw new CleanroomError('RESULT_WAS_REFUSED', `the room ended with ${code ?? ''}`);
      const colluder = colluderOf(deal);
      await forgeOwnDataset(deal, colluder, 'It is. It was. It will be.\n');
      await runToTheEnd(deal, await describeRoom(deal, 'attack-isolate'), setting.stage.signal);
      return null;
    },
  },
];

function colluderOf({ terms }: Deal): DataOwner {
  const [, colluder] = terms.owners;
  if (colluder === undefined) throw new TypeError('the attack needs a second owner');
  return colluder;
}

/** A policy that differs in nothing but its hash. */
function otherPolicy({ policy }: Deal): RecomputedPolicy & { readonly hash: Sha256Hex } {
  const text = `${policy.text}\n`;
  return { text, base64: toBase64(utf8(text)), hash: sha256Hex(text) };
}

/** The colluding owner gives its text a key whose release policy is for the other room. */
async function resealFor(deal: Deal, owner: DataOwner, hash: Sha256Hex): Promise<void> {
  const { environment } = owner;
  const { key } = datasetOf(deal, owner);
  const vault = await openKeyVault(await connectionOf(environment), key.vault);
  await vault.create({
    name: key.name,
    kind: 'RSA-HSM',
    size: 3072,
    operations: ['wrapKey'],
    releasePolicy: {
      text: renderReleasePolicy(releasePolicyOf(deal.parsed.contract, hash)),
      immutable: true,
    },
    tags: { dataset: owner.dataset, version: '1', contract: deal.parsed.digest },
  });
  await forgeOwnDataset(deal, owner, 'The text of Tailspin. It is short.');
}
