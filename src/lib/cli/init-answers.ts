// What `init` must know about the party: from flags, or asked for on a terminal.

import { CleanroomError } from '../base/errors.js';
import type { PartyCard } from '../contract/party-card.js';
import type { ContractParty } from '../contract/schema.js';
import type { PartyAnswers } from '../parties/init.js';

export interface PartyFlags {
  readonly dataset?: readonly string[] | undefined;
  readonly 'model-dataset'?: readonly string[] | undefined;
  readonly party?: string | undefined;
  readonly role?: readonly ContractParty['roles'][number][] | undefined;
  readonly vault?: string | undefined;
  readonly 'storage-account'?: string | undefined;
  readonly 'release-login'?: string | undefined;
}

/** What the directory tells of its party before anybody is asked. */
export interface DirectoryParty {
  /** Its id where nobody says another. */
  readonly id: string;
  /** The card that an earlier init wrote there. */
  readonly cardOf: (party: string) => Promise<PartyCard | null>;
}

/** What is known of the party; its dataset where it was not named. */
export interface InitAnswers extends PartyAnswers {
  readonly dataset?: readonly string[];
  /** The card as it is, where it stays. */
  readonly kept?: PartyCard;
}

const ID = /^[a-z0-9][a-z0-9-]{0,39}$/;
const USUAL_DATASET = 'notes';

/**
 * A card that is there stays as it is unless a flag says what to change; on a terminal this is asked.
 *
 * @throws CleanroomError USAGE where something is missing and nobody can be asked
 */
export async function answerInit(
  flags: PartyFlags,
  interactive: boolean,
  directory: DirectoryParty,
): Promise<InitAnswers> {
  const { party, role: roles = [] } = flags;
  const kept = await keptCard(flags, interactive, directory);
  if (kept !== null) return { party: kept.party.id, roles: kept.party.roles, kept };
  if (party !== undefined && roles.length > 0) return { party, ...rolesOf(flags) };
  if (interactive) return ask(flags, directory.id);
  const id = party ?? directory.id;
  if (!ID.test(id))
    throw new CleanroomError(
      'USAGE',
      'init needs --party where it cannot ask and the directory has another name',
      {
        hint: 'For example: cleanroom init --party fabrikam --role data-owner --dataset notes',
      },
    );
  return { party: id, ...rolesOf(flags) };
}

async function keptCard(
  { party, ...flags }: PartyFlags,
  interactive: boolean,
  directory: DirectoryParty,
): Promise<PartyCard | null> {
  const { role, dataset, vault } = flags;
  const stated = [
    role,
    dataset,
    vault,
    flags['model-dataset'],
    flags['storage-account'],
    flags['release-login'],
  ];
  const id = party ?? directory.id;
  if (stated.some((value) => value !== undefined) || !ID.test(id)) return null;
  const card = await directory.cardOf(id);
  if (card === null || !interactive) return card;
  const { default: inquirer } = await import('inquirer');
  const { keep } = await inquirer.prompt<{ readonly keep: boolean }>([
    { type: 'confirm', name: 'keep', message: `${describeCard(card)} Keep it?`, default: true },
  ]);
  return keep ? card : null;
}

function describeCard({ party: { id, roles }, datasets }: PartyCard): string {
  const brought = datasets.length === 0 ? '' : `, with ${datasets.map((one) => one.id).join(', ')}`;
  return `The card of ${id} is here: ${roles.join(', ')}${brought}.`;
}

/* Whoever says nothing brings a text, which is what most parties do; an owner's text has the usual name unless it says another. */
function rolesOf({
  role = ['data-owner'],
  dataset = [],
  'model-dataset': models = [],
}: PartyFlags): Omit<InitAnswers, 'party'> {
  const bringsNothing = dataset.length + models.length === 0;
  return {
    roles: [...role],
    ...(role.includes('data-owner') && bringsNothing ? { dataset: [USUAL_DATASET] } : {}),
  };
}

async function ask({ party, dataset = [] }: PartyFlags, directoryName: string): Promise<InitAnswers> {
  const { default: inquirer } = await import('inquirer');
  const answers = await inquirer.prompt<PartyAnswers & { readonly text?: string }>([
    {
      type: 'input',
      name: 'party',
      message: 'Id of your party (lower case):',
      default: party ?? (ID.test(directoryName) ? directoryName : 'fabrikam'),
      validate: (value: string) => ID.test(value) || 'lower-case letters, digits and hyphens',
    },
    {
      type: 'checkbox',
      name: 'roles',
      message: 'What does your party do?',
      choices: [
        { name: 'provides text that only the room may read', value: 'data-owner', checked: true },
        { name: 'runs the room in its Azure tenant', value: 'host' },
        { name: 'reads the summary', value: 'recipient' },
        { name: 'provides a secret model', value: 'model-owner' },
        { name: 'audits', value: 'auditor' },
      ],
      validate: (value) => value.length > 0 || 'choose at least one',
    },
    {
      type: 'input',
      name: 'text',
      message: 'Name of your text (lower case):',
      default: USUAL_DATASET,
      when: ({ roles = [] }) => roles.includes('data-owner') && dataset.length === 0,
      validate: (value: string) => ID.test(value) || 'lower-case letters, digits and hyphens',
    },
  ]);
  const { text, ...known } = answers;
  return { ...known, ...(text === undefined ? {} : { dataset: [text] }) };
}
