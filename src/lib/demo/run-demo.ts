// The whole two-party flow on this machine: every part real, only the cloud and its hardware emulated.

import { copyFile, mkdir } from 'node:fs/promises';
import { join } from 'node:path';

import { attestRoom, writeBundle } from '../cli/actions/attest.js';
import { fetchSummary } from '../cli/actions/summary.js';
import { openRegistry } from '../cli/registry.js';
import { openRooms } from '../cli/rooms.js';
import type { AttackOutcome } from '../attacks/attack.js';
import { playHostAttacks } from '../attacks/host-attacks.js';
import type { ContractLimits } from '../contract/schema.js';
import { CleanroomError } from '../errors.js';
import { openImageArchive } from '../images/archive/image-archive.js';
import { packSummarizer } from '../images/pack/pack-program.js';
import { parseImageReference } from '../images/registry/reference.js';
import { pushImage } from '../images/registry/registry-image.js';
import { roomAddress } from '../room-client/room-status.js';
import type { Verdict } from '../verdict/check.js';
import { agree, type Agreement, type AgreementTerms } from './agree.js';
import { encryptText, runRoom } from './room-run.js';
import type { Workspace } from './workspace.js';

export interface DemoInput {
  readonly workspace: Workspace;
  readonly packageRoot: string;
  readonly textPath: string;
  readonly limits: ContractLimits;
}

/** One thing that was seen, and by whom. */
export interface DemoStep {
  readonly party: string;
  readonly what: string;
}

export interface DemoOutcome {
  /** Null where the room refused to give one: the limits of the contract say so. */
  readonly summary: string;
  readonly method: string;
  readonly limits: ContractLimits;
  readonly verdict: Verdict;
  readonly steps: readonly DemoStep[];
  readonly attacks: readonly AttackOutcome[];
  /** The same text under a limit that its summary cannot meet. */
  readonly tighter: { readonly maxVerbatimTokens: number; readonly code: string };
}

export async function runDemo(input: DemoInput): Promise<DemoOutcome> {
  const { workspace } = input;
  const { progress } = workspace;
  const steps: DemoStep[] = [];
  const note = (party: string, what: string): void => void steps.push({ party, what });
  progress.phase('Contoso: packing the summarizer image, without Docker');
  const summarizer = await packAndPush(input);
  note('Contoso', `packed the summarizer reproducibly and pushed it as ${summarizer}`);
  const terms = termsOf(input, summarizer);
  progress.phase('Both: cards, contract, signatures, and the CCE policy, each on its own');
  const agreement = await agree(workspace, terms);
  note(
    'both',
    `signed the contract ${agreement.parsed.digest} and computed the same CCE policy ${agreement.policy.hash}`,
  );
  const encrypted = await encryptText(workspace, agreement, input.textPath);
  note('Fabrikam', `sealed its text to the key ${encrypted.key}, which the HSM releases to that policy only`);
  const report = await runRoom(workspace, agreement);
  if (report.state !== 'done') throw roomRefused(report.code);
  note('room', 'attested, had the key released, summarized inside the limits, sealed the summary to Contoso');
  progress.phase('Contoso: fetching the summary and checking its receipt');
  const received = await receive(workspace);
  note('Contoso', 'opened the summary with its own key; receipt and evidence hold');
  progress.phase('Anybody: fresh evidence from the room, verified');
  const verdict = await attest(workspace, agreement);
  note('auditor', `verified the room's evidence: ${verdict.verdict}, trust: ${verdict.trust}`);
  progress.phase("Contoso: trying to get at Fabrikam's text");
  const { contoso: host, fabrikam: owner, signal } = workspace;
  const attacks = await playHostAttacks({ ...agreement, host, owner, signal });
  progress.phase('Both: the same text under a tighter limit');
  const tighter = await runTighter(input, terms);
  progress.done();
  return {
    summary: received.summary,
    method: received.method,
    limits: input.limits,
    verdict,
    steps,
    attacks,
    tighter,
  };
}

function termsOf({ packageRoot, limits }: DemoInput, summarizer: string): AgreementTerms {
  return {
    name: 'quarterly-notes',
    dataset: 'notes',
    summarizer,
    modelDirectory: join(packageRoot, 'models/t5-demo'),
    limits,
  };
}

async function packAndPush({ workspace, packageRoot }: DemoInput): Promise<string> {
  const { contoso } = workspace;
  const out = join(contoso.directory, 'summarizer.oci.tar');
  await packSummarizer({ packageRoot, out, modelDirectory: join(packageRoot, 'models/t5-demo') });
  const reference = parseImageReference('cleanroom.local/summarizer:demo');
  const archive = await openImageArchive(out);
  try {
    const { manifestDigest } = await pushImage(await openRegistry(reference, contoso), archive, reference);
    return `cleanroom.local/summarizer@${manifestDigest}`;
  } finally {
    await archive.close();
  }
}

async function receive({
  contoso,
}: Workspace): Promise<{ readonly summary: string; readonly method: string }> {
  const { document, verdict } = await fetchSummary(contoso, {
    contractPath: join(contoso.directory, 'contract.yaml'),
    policyPath: join(contoso.directory, 'policy.rego'),
    resultKeyPath: undefined,
  });
  if (verdict.verdict === 'accepted') return { summary: document.summary.text, method: document.method };
  const failed = verdict.checks.filter(({ status }) => status === 'fail').map(({ id }) => id);
  throw new CleanroomError(
    'EVIDENCE_REFUSED',
    `the receipt of the summary does not hold: ${failed.join(', ')}`,
  );
}

async function attest({ contoso }: Workspace, { parsed }: Agreement): Promise<Verdict> {
  const room = await (await openRooms(contoso)).get(parsed.contract.name);
  if (room === null) throw new CleanroomError('ROOM_NOT_FOUND', 'the room is gone');
  const { bundle, verdict } = await attestRoom(roomAddress(room), parsed, contoso.profile);
  await writeBundle(join(contoso.directory, 'room.evidence.json'), bundle);
  if (verdict === null) throw new CleanroomError('INTERNAL', 'evidence was not judged');
  return verdict;
}

/** A second deal, whose verbatim limit no summary of several words can meet. */
async function runTighter(input: DemoInput, terms: AgreementTerms): Promise<DemoOutcome['tighter']> {
  const { workspace } = input;
  const root = (directory: string): string => join(directory, 'tighter');
  for (const { directory } of [workspace.contoso, workspace.fabrikam])
    await mkdir(root(directory), { recursive: true });
  const tight: Workspace = {
    ...workspace,
    contoso: { ...workspace.contoso, directory: root(workspace.contoso.directory) },
    fabrikam: { ...workspace.fabrikam, directory: root(workspace.fabrikam.directory) },
  };
  const limits = { ...input.limits, maxVerbatimTokens: 1 };
  const agreement = await agree(tight, {
    ...terms,
    name: 'quarterly-notes-tight',
    dataset: 'notes-tight',
    limits,
  });
  const text = join(tight.fabrikam.directory, 'text.txt');
  await copyFile(input.textPath, text);
  await encryptText(tight, agreement, text);
  const report = await runRoom(tight, agreement);
  return {
    maxVerbatimTokens: limits.maxVerbatimTokens,
    code: report.state === 'done' ? 'NOT_REFUSED' : (report.code ?? report.state),
  };
}

function roomRefused(code: string | null): CleanroomError {
  return new CleanroomError(
    'RESULT_WAS_REFUSED',
    `the room gave no summary of this text: ${code ?? 'no code'}`,
    {
      hint: 'A text of 30 to 100 words that opens with what a product is suits the demo model best.',
    },
  );
}
