// The whole two-party flow on this machine: every part real, only the cloud and its hardware emulated.

import { join } from 'node:path';

import type { Attack, AttackOutcome } from '../attacks/attack.js';
import { findAttacks, playAttacks } from '../attacks/attack-list.js';
import { findConsents } from '../../parties/consent-files.js';
import { attestRoom, writeBundle } from '../../parties/attest-room.js';
import type { ContractLimits } from '../../contract/schema.js';
import { CleanroomError } from '../../base/errors.js';
import { SILENT } from '../../base/progress.js';
import { roomAddress } from '../../parties/room-status.js';
import { explainRoom } from '../../parties/why-room.js';
import { agree } from '../stage/agree.js';
import { type Deal, firstOwner } from '../stage/deal.js';
import { pushArchive } from '../stage/push-image.js';
import { settleAll } from '../stage/settle-all.js';
import { openParty, type Stage } from '../stage/stage.js';
import { encryptText, receiveSummaryOf, runRoom } from '../stage/steps.js';
import type { VerifiedFile } from '../../evidence/verify-evidence-file.js';
import type { OwnAzure } from './own-azure.js';

export interface DemoInput {
  readonly azure: OwnAzure;
  readonly textPath: string;
  readonly limits: ContractLimits;
}

/** One thing that was seen, and by whom. */
export interface DemoStep {
  readonly party: string;
  readonly what: string;
}

export interface DemoOutcome {
  readonly summary: string;
  readonly method: string;
  readonly limits: ContractLimits;
  readonly verdict: VerifiedFile;
  readonly steps: readonly DemoStep[];
  readonly attacks: readonly AttackOutcome[];
  /** The same text under a limit that its summary cannot meet. */
  readonly tighter: {
    readonly maxCopiedWords: number;
    /** All that anybody outside the room learns. */
    readonly code: string;
    /** What the room told Fabrikam alone; null where there was a summary. */
    readonly cause: string | null;
  };
}

/* What a host would try first, and the two that need no host. `emulator attack` has them all. */
const SHOWN_ATTACKS: readonly Attack[] = [
  'X1/read-blob',
  'I1/own-login',
  'X4/own-token',
  'I2/swap-policy',
  'I6/contract-digest',
  'I4/debug-mode',
  'I18/own-text',
].flatMap(findAttacks);

export async function runDemo(input: DemoInput): Promise<DemoOutcome> {
  const { azure, textPath, limits } = input;
  const { modelDirectory } = azure;
  const { stage } = azure;
  const { progress } = stage;
  const steps: DemoStep[] = [];
  const note = (party: string, what: string): void => void steps.push({ party, what });
  progress.phase('Contoso: pushing the summarizer to its registry');
  const host = await openParty(stage, 'contoso', join(azure.root, 'contoso'));
  const summarizer = await pushArchive(host, azure.summarizerArchive, 'summarizer');
  note('Contoso', `packed the summarizer reproducibly and pushed it as ${summarizer}`);
  progress.phase('Both: cards, contract, signatures, and the CCE policy, each on its own');
  const deal = await strike(
    { ...azure, stage: quiet(stage) },
    {
      name: 'quarterly-notes',
      dataset: 'notes',
      summarizer,
      modelDirectory,
      limits,
    },
  );
  note(
    'both',
    `signed the contract ${deal.parsed.digest} and computed the same CCE policy ${deal.policy.hash}`,
  );
  const encrypted = await encryptText(stage, firstOwner(deal), textPath);
  note('Fabrikam', `sealed its text to the key ${encrypted.key}, which the HSM releases to that policy only`);
  const report = await runRoom(stage, deal);
  if (report.state !== 'done') throw roomRefused(report.code);
  note('room', 'attested, had the key released, summarized inside the limits, sealed the summary to Contoso');
  progress.phase('Contoso: fetching the summary and checking its receipt');
  const received = await receive(deal);
  note('Contoso', 'opened the summary with its own key; receipt and evidence are accepted');
  progress.phase('Auditor: fresh evidence from the room, verified');
  const verdict = await attest(deal);
  note('auditor', `verified the room's evidence: ${verdict.verdict}, trust: ${verdict.trust ?? 'none'}`);
  progress.phase("Contoso: trying to get at Fabrikam's text; both: the same text under a tighter limit");
  const [attacks, tighter] = await settleAll([
    attackAsHost(azure, deal, textPath),
    runTighter(input, summarizer),
  ]);
  progress.done();
  return { ...received, limits, verdict, steps, attacks, tighter };
}

interface DemoTerms {
  readonly name: string;
  readonly dataset: string;
  readonly summarizer: string;
  readonly modelDirectory: string | null;
  readonly limits: ContractLimits;
  /** Directory below each party's; its own where absent. */
  readonly below?: string;
}

async function strike(
  { stage, root }: OwnAzure,
  { dataset, below = '', ...terms }: DemoTerms,
): Promise<Deal> {
  const host = await openParty(stage, 'contoso', join(root, 'contoso', below));
  const environment = await openParty(stage, 'fabrikam', join(root, 'fabrikam', below));
  return agree(stage, { ...terms, host, owners: [{ environment, dataset }] });
}

async function receive(deal: Deal): Promise<{ readonly summary: string; readonly method: string }> {
  const { document, verdict } = await receiveSummaryOf(deal);
  if (verdict.verdict === 'accepted') return { summary: document.summary.text, method: document.method };
  const failed = verdict.checks.filter(({ status }) => status === 'fail').map(({ id }) => id);
  throw new CleanroomError(
    'EVIDENCE_REFUSED',
    `the receipt or its evidence is not accepted: ${failed.join()}`,
  );
}

async function attest({ terms: { host }, parsed }: Deal): Promise<VerifiedFile> {
  const room = await (await host.services.rooms()).get(parsed.contract.name);
  if (room === null) throw new CleanroomError('ROOM_NOT_FOUND', 'the room is gone');
  const { bundle, verdict } = await attestRoom(roomAddress(room), parsed, host.profile, {
    consents: await findConsents(join(host.directory, 'contract.yaml')),
  });
  await writeBundle(join(host.directory, 'room.evidence.json'), bundle);
  if (verdict === null) throw new CleanroomError('INTERNAL', 'evidence was not judged');
  return verdict;
}

function attackAsHost(
  { stage, root }: OwnAzure,
  deal: Deal,
  textPath: string,
): Promise<readonly AttackOutcome[]> {
  return playAttacks(SHOWN_ATTACKS, {
    stage: quiet(stage),
    directory: join(root, 'attacks'),
    textPath,
    honest: () => Promise.resolve(deal),
    showSummary: () => {
      throw new CleanroomError('INTERNAL', 'the attacks shown look at no terminal');
    },
    agree: () =>
      Promise.reject(new CleanroomError('INTERNAL', 'the attacks shown need no deal of their own')),
  });
}

/** A second deal, whose verbatim limit no summary of several words can meet. */
async function runTighter(
  { azure, textPath, limits }: DemoInput,
  summarizer: string,
): Promise<DemoOutcome['tighter']> {
  const stage = quiet(azure.stage);
  const tight = { ...limits, maxCopiedWords: 1 };
  const deal = await strike(
    { ...azure, stage },
    {
      name: 'quarterly-notes-tight',
      dataset: 'notes-tight',
      summarizer,
      modelDirectory: azure.modelDirectory,
      limits: tight,
      below: 'tighter',
    },
  );
  const owner = firstOwner(deal);
  await encryptText(stage, owner, textPath);
  const report = await runRoom(stage, deal);
  const { maxCopiedWords } = tight;
  if (report.state === 'done') return { maxCopiedWords, code: 'NOT_REFUSED', cause: null };
  const [told] = await explainRoom(owner.environment, {
    contractPath: join(owner.environment.directory, 'contract.yaml'),
  });
  return { maxCopiedWords, code: report.code ?? report.state, cause: told?.code ?? null };
}

/** The phases of steps within a step are not shown. */
function quiet(stage: Stage): Stage {
  return { ...stage, progress: SILENT };
}

function roomRefused(code: string | null): CleanroomError {
  return new CleanroomError(
    'RESULT_WAS_REFUSED',
    `the room gave no summary of this text: ${code ?? 'no code'}`,
    {
      hint: 'English prose of 30 words or more suits the demo model best.',
    },
  );
}
