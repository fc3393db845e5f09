// What `propose` and `accept` show before they ask, and what they did, for people.

import { basename } from 'node:path';

import { jwkThumbprint } from '../base/bytes/jwk-thumbprint.js';
import type { Judgement } from '../base/verdict/statement.js';
import type { ParsedContract } from '../contract/parse.js';
import { explainContract, percent } from '../evidence/contract-explained.js';
import { renderExplanation } from '../evidence/render-explanation.js';
import type { AcceptResult } from '../parties/agree/accept.js';
import type { ProposeResult } from '../parties/agree/propose.js';
import { escapeTerminal } from '../terminal/escape-terminal.js';
import { renderRoomMemory } from './render-memory.js';

/** The whole contract, as `contract show` has it. */
export function renderContractShown(parsed: ParsedContract, policyHash: string | null): string {
  return escapeTerminal(renderExplanation(explainContract(parsed, policyHash), 'text'));
}

/** Some ten lines: what an owner agrees to, and what was proven of it here. */
export function renderAgreement({ contract, digest }: ParsedContract, { statements }: Judgement): string {
  const { room, summary, datasets, parties } = contract;
  const { limits } = summary;
  const foreign = parties.map(({ id, contractKey }) => `${id} ${jwkThumbprint(contractKey)}`);
  const lines = [
    `Contract ${contract.name} (${digest}):`,
    `  ${room.host} runs the room in ${room.region}; ${summary.recipients.join(', ')} may read the summary${summary.delivery === 'page' ? ', and EVERYONE WHO REACHES THE ROOM, on its page' : ''}`,
    `  texts            ${datasets.map(({ id, owner, key }) => `${id} of ${owner}, key in ${key.vault}`).join('; ')}`,
    `  model            ${'family' in contract.model ? `${contract.model.family}, ${contract.model.digest}` : 'none: sentences of the text are selected'}`,
    `  a result         at most ${limits.maxCharacters} characters, and ${percent(limits.maxShareOfSource)} of the source`,
    `  copied           at most ${limits.maxCopiedWords} words in a row, and ${percent(limits.maxCopiedShare)} of the result`,
    ...('method' in contract.model && summary.extractiveLimits !== undefined
      ? [`  selected text    at most ${summary.extractiveLimits.maxCharacters} characters, word for word`]
      : []),
    `  results ever     ${limits.maxResults}`,
    ...(room.trustedWithKeys ?? []).map((name) => `  THE CONTAINER ${name} CAN HAVE EVERY KEY`),
    ...(contract.trust === undefined
      ? []
      : ['  hardware         EMULATED on this machine: for trying out only']),
    `  fingerprints of the contract keys (compare them with the parties by another channel)`,
    ...foreign.map((line) => `    ${line}`),
    ...statements.map(({ id, status, text }) => `  ${status.padEnd(8)} ${id.padEnd(9)} ${text}`),
  ];
  return escapeTerminal(lines.join('\n'));
}

/** What `propose` wrote. */
export function renderProposed({ name, contractDigest, policyHash, offer, memory }: ProposeResult): string {
  if (offer === null)
    return `the contract ${name} is not signed; nothing was written for the other parties\nnext: cleanroom propose --help shows how to state other terms`;
  return [
    `signed ${name} (${contractDigest}), policy ${policyHash}`,
    ...(memory === null ? [] : [renderRoomMemory(memory)]),
    `wrote ${basename(offer)}: give it to every other party`,
    `next: each owner runs cleanroom accept ${basename(offer)} TEXT`,
  ].join('\n');
}

/** What `accept` did. */
export function renderAccepted({ name, contractDigest, accepted }: AcceptResult): string {
  if (accepted === null)
    return `the contract ${name} is not signed; nothing was sealed or uploaded\nnext: ask the host to propose other terms, or run the same command again to sign`;
  const { reply, sealed, access, accessEnds } = accepted;
  const scopes = access.map(({ what, permissions }) => `${what} (${permissions})`);
  return [
    `signed ${name} (${contractDigest})`,
    `sealed ${sealed.dataset} to ${sealed.key} and uploaded it to ${sealed.blob}`,
    `wrote ${basename(reply)}: give it to the host; the room may use ${scopes.join(', ')} until ${accessEnds}`,
    `next: the host runs cleanroom deploy ${basename(reply)}`,
  ].join('\n');
}
