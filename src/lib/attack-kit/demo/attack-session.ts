// `emulator attack`: a local Azure of its own, a deal that is kept honestly, and then the attackers.

import { copyFile } from 'node:fs/promises';
import { join } from 'node:path';

import type { Attack, AttackOutcome } from '../attacks/attack.js';
import { playAttacks } from '../attacks/attack-list.js';
import { CRYPTO_OFFICER } from '../attacks/crypto-officer.js';
import type { AttackSetting, NewDeal } from '../attacks/attack-setting.js';
import type { ContractLimits } from '../../contract/schema.js';
import { packSummarizer } from '../../images/pack/pack-program.js';
import { CleanroomError } from '../../base/errors.js';
import { type Progress, SILENT } from '../../base/progress.js';
import { agree } from '../stage/agree.js';
import type { Deal } from '../stage/deal.js';
import { pushArchive } from '../stage/push-image.js';
import { openParty, type Stage } from '../stage/stage.js';
import { encryptText, runRoom } from '../stage/steps.js';
import { type OwnAzure, withOwnAzure } from './own-azure.js';

export interface AttackSession {
  readonly attacks: readonly Attack[];
  readonly packageRoot: string;
  readonly cacheDirectory: string;
  readonly sampleText: string;
  /** What a person sees of a summary on a terminal. */
  readonly showSummary: AttackSetting['showSummary'];
  /** Directory to leave everything in; null: a temporary one that is removed. */
  readonly keep: string | null;
  readonly progress: Progress;
  readonly signal: AbortSignal;
}

export interface AttackReport {
  readonly attacks: readonly AttackOutcome[];
  readonly refused: number;
  /** Those that got through, or failed without meeting their defence. */
  readonly succeeded: number;
  readonly kept: string | null;
  readonly seconds: number;
}

const LIMITS: ContractLimits = {
  scripts: ['Latin'],
  maxCharacters: 300,
  maxShareOfSource: 0.3,
  maxCopiedWords: 30,
  maxCopiedShare: 1,
  minDocuments: 1,
  maxResults: 1,
};
const PARTIES = ['contoso', 'fabrikam', 'tailspin'];

/** Plays the attacks. @throws CleanroomError as withOwnAzure, and as the honest steps before the attacks */
export async function playAttackSession(session: AttackSession): Promise<AttackReport> {
  const started = performance.now();
  const { attacks, progress } = session;
  const outcomes = await withOwnAzure(
    {
      base: null,
      ...session,
      parties: PARTIES,
      withModel: true,
      cryptoOfficers: [CRYPTO_OFFICER],
    },
    async (azure) => {
      const setting = await openSetting(azure, session);
      return playAttacks(attacks, setting, ({ id, name, what }) => progress.phase(`${id}/${name}: ${what}`));
    },
  );
  progress.done();
  const refused = outcomes.filter((outcome) => outcome.refused).length;
  return {
    attacks: outcomes,
    refused,
    succeeded: outcomes.length - refused,
    kept: session.keep,
    seconds: Math.round((performance.now() - started) / 100) / 10,
  };
}

async function openSetting(
  azure: OwnAzure,
  { packageRoot, sampleText, showSummary, signal }: AttackSession,
): Promise<AttackSetting> {
  const stage: Stage = { ...azure.stage, progress: SILENT };
  const textPath = join(azure.root, 'text.txt');
  await copyFile(sampleText, textPath);
  const registrar = await openParty(stage, 'contoso', join(azure.root, 'contoso'));
  const summarizer = await pushArchive(registrar, azure.summarizerArchive, 'summarizer');
  /* A contract without a model wants an image without one: packed when an attack first asks for it. */
  let withoutModel: Promise<string> | undefined;
  const packWithoutModel = async (): Promise<string> => {
    const out = join(azure.root, 'summarizer-without-model.oci.tar');
    await packSummarizer({ packageRoot, out, modelDirectory: null, signal });
    return pushArchive(registrar, out, 'summarizer-without-model');
  };
  const packHostModel = async (name: string, modelDirectory: string): Promise<string> => {
    const out = join(azure.root, `summarizer-${name}.oci.tar`);
    await packSummarizer({ packageRoot, out, modelDirectory, signal });
    return pushArchive(registrar, out, `summarizer-${name}`);
  };
  const imageFor = (name: string, { model, hostModel }: NewDeal): Promise<string> | string => {
    if (hostModel !== undefined) return packHostModel(name, hostModel.packed);
    return model === false ? (withoutModel ??= packWithoutModel()) : summarizer;
  };
  const strike = async (name: string, terms: NewDeal = {}): Promise<Deal> => {
    const image = await imageFor(name, terms);
    return strikeDeal({ azure: { ...azure, stage }, summarizer: image, name, terms });
  };
  let honest: Promise<Deal> | undefined;
  return {
    stage,
    directory: join(azure.root, 'attacks'),
    textPath,
    showSummary,
    agree: strike,
    honest: () => (honest ??= keepDeal(stage, strike('honest'), textPath)),
  };
}

interface StrikeInput {
  readonly azure: OwnAzure;
  readonly summarizer: string;
  readonly name: string;
  readonly terms: NewDeal;
}

/** Every deal has directories, keys, blobs and datasets of its own. */
async function strikeDeal({ azure, summarizer, name, terms }: StrikeInput): Promise<Deal> {
  const { stage, root } = azure;
  const directory = (party: string): string => join(root, 'deals', name, party);
  const owners = [];
  for (const party of terms.owners ?? ['fabrikam']) {
    const environment = await openParty(stage, party, directory(party));
    owners.push({ environment, dataset: `${name}-${party}` });
  }
  return agree(stage, {
    name,
    host: await openParty(stage, 'contoso', directory('contoso')),
    owners,
    summarizer,
    modelDirectory: terms.model === false ? null : (terms.hostModel?.shown ?? azure.modelDirectory),
    limits: { ...LIMITS, ...terms.limits },
    ...(terms.amend === undefined ? {} : { amend: terms.amend }),
  });
}

/** Everybody does as agreed. */
async function keepDeal(stage: Stage, striking: Promise<Deal>, textPath: string): Promise<Deal> {
  const deal = await striking;
  for (const owner of deal.terms.owners) await encryptText(stage, owner, textPath);
  const { state, code } = await runRoom(stage, deal);
  if (state === 'done') return deal;
  throw new CleanroomError('RESULT_WAS_REFUSED', `the honest room ended ${state}: ${code ?? 'no code'}`);
}
