// Attacks by a host that makes the model itself: it writes the text in what nobody counts, draws lots, fails by what the text
// says, or has the runtime say it.

import { join } from 'node:path';

import { writeFileAtomic } from '../../base/files/atomic-write.js';
import { modelLayerRootHash } from '../../images/pack/model-layer.js';
import { modelDigest } from '../../summarizer/model-digest.js';
import { type Crafted, readWritten, writeCraftedModel } from '../crafted/crafted-model.js';
import { type Deal, firstOwner } from '../stage/deal.js';
import { encryptText, receiveSummaryOf, runRoom } from '../stage/steps.js';
import type { Attack, Observation } from './attack.js';
import { describeRoom, runToTheEnd } from './attack-room.js';
import type { AttackSetting, NewDeal } from './attack-setting.js';
import { requireDone } from './disclosure.js';
import { CLIENT, ROOM_LIMITS, ROOM_MODEL, ROOM_SILENCE, ROOM_STREAMS } from './guards.js';
import { readRoomOutput, storedByRoom } from './room-output.js';

const TEXT =
  'Ada Berg of Fabrikam pays with the card 4111 in March and with the card 2977 in May. Ben Carl pays in cash, and owes nothing to anybody.\n';
const WHOLE_TEXT = "Fabrikam's whole text, in signs of the host's own";
/* Wide, so that nothing but the one defence can refuse. */
const WIDE = { maxCharacters: 1200, maxShareOfSource: 1, maxCopiedWords: 1000, maxCopiedShare: 1 };

const braille = (place: number): string => String.fromCodePoint(0x2801 + place);

/* Signs of the contract's own alphabet that make no words: a case, a digit or a mark more or less is not told apart. */
const SIGNS = Array.from('#$%&*+/<=>@^_|~,;:()[]{}"€£§°¿¡«»–—\\');
const signOf = (place: number): string => {
  const letter = String.fromCodePoint(0x20 + place).toLowerCase();
  return SIGNS['abcdefghijklmnopqrstuvwxyz0123456789'.indexOf(letter)] ?? '-';
};

export const MODEL_ATTACKS: readonly Attack[] = [
  {
    id: 'I23',
    name: 'braille',
    what: 'brings a model that writes the whole text in braille, which has no words',
    wouldHaveLeaked: WHOLE_TEXT,
    guards: { NO_RESULT: ROOM_LIMITS },
    play: async (setting) => {
      const crafted = { writes: braille, begins: 'A' };
      const deal = await dealWithModel(setting, 'braille', crafted, { limits: WIDE });
      return readsText(setting, deal, braille);
    },
  },
  {
    id: 'I23',
    name: 'signs-that-count-as-one',
    what: 'brings a model that writes the whole text in punctuation, and a tokenizer to which a page of it is one token, under a contract that its own client refuses to make',
    wouldHaveLeaked: WHOLE_TEXT,
    guards: { NO_RESULT: ROOM_MODEL },
    play: async (setting) => {
      const signs = SIGNS.map((sign) => `\\u${sign.charCodeAt(0).toString(16).padStart(4, '0')}`).join('');
      const crafted = { writes: signOf, begins: 'A' };
      const shown = craft(setting, 'signs-shown', crafted);
      const packed = craft(setting, 'signs-packed', { ...crafted, countsAsOne: `[${signs}-]{2,200}` });
      const deal = await setting.agree('signs', {
        limits: { maxCharacters: 60 },
        hostModel: { shown, packed },
        amend: await namingModel(shown, packed),
      });
      await encrypt(setting, deal, TEXT);
      return readsText(setting, deal, signOf);
    },
  },
  {
    id: 'I24',
    name: 'lots',
    what: 'brings a model that draws lots for what it writes, under a contract that its own client refuses to make, and starts the room again and again',
    wouldHaveLeaked: 'another part of the text with every start',
    guards: { NO_RESULT: ROOM_MODEL },
    play: async (setting) => {
      const shown = craft(setting, 'lots-shown', { writes: signOf, begins: 'A' });
      const orWrites = (place: number): string => (signOf(place) === '-' ? '–' : '-');
      const packed = craft(setting, 'lots-packed', { writes: signOf, orWrites, begins: 'A' });
      const deal = await setting.agree('lots', {
        limits: { ...WIDE, maxResults: 2 },
        hostModel: { shown, packed },
        amend: await namingModel(shown, packed),
      });
      await encrypt(setting, deal, TEXT);
      await requireDone(setting, deal);
      const first = await receiveSummaryOf(deal);
      await runToTheEnd(deal, await describeRoom(deal, 'attack-lots'), setting.stage.signal);
      const second = await receiveSummaryOf(deal);
      return first.document.summary.text === second.document.summary.text ? 'SAME_RESULT' : null;
    },
  },
  {
    id: 'I26',
    name: 'failing-by-the-text',
    what: 'brings a model that fails at a text with a 4 in it, and compares what two rooms show of two texts',
    wouldHaveLeaked: 'an answer to a question about the text with every model, counted by nobody',
    guards: { NOTHING_FOUND: ROOM_SILENCE },
    play: async (setting) => {
      const crafted = { writes: braille, failsAt: '4' };
      const seen: string[] = [];
      for (const [name, text] of [
        ['with', TEXT],
        ['less', TEXT.replaceAll('4', '5')],
      ] as const) {
        const deal = await dealWithModel(setting, `failing-${name}`, crafted, { limits: WIDE }, text);
        const report = await runRoom(setting.stage, deal);
        seen.push(JSON.stringify([report.state, report.code, report.phases, await storedByRoom(deal)]));
      }
      return seen[0] === seen[1] ? 'NOTHING_FOUND' : null;
    },
  },
  {
    id: 'I28',
    name: 'message-of-the-runtime',
    what: 'brings a model that fails in native code, with a letter of the text in the message, and reads the logs of every container',
    wouldHaveLeaked: 'the text, a letter a start, in the log of the container',
    guards: { NOTHING_FOUND: ROOM_STREAMS },
    play: async (setting) => {
      const deal = await dealWithModel(
        setting,
        'message',
        { writes: signOf, failsAt: 'A' },
        { limits: WIDE },
      );
      await runRoom(setting.stage, deal);
      return /idx=70\d\d/.test(await readRoomOutput(deal)) ? null : 'NOTHING_FOUND';
    },
  },
  {
    id: 'I28',
    name: 'open-streams',
    what: 'writes a contract whose containers may print, so that whatever the runtime says is in the logs',
    wouldHaveLeaked: 'what the runtime and every package of the room print about a text',
    guards: { STATEMENT_REFUTED: CLIENT },
    play: async (setting) => {
      const amend = (contract: string): string => contract.replace('stdio: false', 'stdio: true');
      const deal = await setting.agree('open-streams', { amend });
      await encryptText(setting.stage, firstOwner(deal), setting.textPath);
      return deal.parsed.contract.room.stdio ? null : 'NOTHING_FOUND';
    },
  },
];

/* A deal over the host's own model, whose owner has sealed its text. */
async function dealWithModel(
  setting: AttackSetting,
  name: string,
  crafted: Crafted,
  terms: NewDeal,
  text = TEXT,
): Promise<Deal> {
  const directory = craft(setting, name, crafted);
  const deal = await setting.agree(name, { ...terms, hostModel: { shown: directory, packed: directory } });
  await encrypt(setting, deal, text);
  return deal;
}

function craft({ directory }: AttackSetting, name: string, crafted: Crafted): string {
  const model = join(directory, name, 'crafted');
  writeCraftedModel(model, crafted);
  return model;
}

async function encrypt({ stage }: AttackSetting, deal: Deal, text: string): Promise<void> {
  const owner = firstOwner(deal);
  const path = join(owner.environment.directory, 'text.txt');
  await writeFileAtomic(path, text);
  await encryptText(stage, owner, path);
}

/* The host is the recipient, too. */
async function readsText(
  setting: AttackSetting,
  deal: Deal,
  writes: (place: number) => string,
): Promise<Observation | null> {
  await requireDone(setting, deal);
  const { document } = await receiveSummaryOf(deal);
  return readWritten(document.summary.text, writes).includes('card') ? null : 'NOTHING_FOUND';
}

/* What the host's client would not write: the contract names the model that was packed. */
async function namingModel(shown: string, packed: string): Promise<(contract: string) => string> {
  const [digest, layer] = [await modelDigest(shown), await modelLayerRootHash(shown)];
  const [otherDigest, otherLayer] = [await modelDigest(packed), await modelLayerRootHash(packed)];
  return (contract) => contract.replaceAll(digest, otherDigest).replaceAll(layer, otherLayer);
}
