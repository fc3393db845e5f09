// What `init` must know about the party: from flags, or asked for on a terminal.

import { CleanroomError } from '../base/errors.js';
import type { ContractParty } from '../contract/schema.js';
import type { PartyAnswers } from '../parties/init.js';

export interface PartyFlags {
  readonly dataset?: readonly string[] | undefined;
  readonly 'model-dataset'?: readonly string[] | undefined;
  readonly party?: string | undefined;
  readonly role?: readonly ContractParty['roles'][number][] | undefined;
}

/** What is known of the party; its dataset where it was not named. */
export interface InitAnswers extends PartyAnswers {
  readonly dataset?: readonly string[];
}

const ID = /^[a-z0-9][a-z0-9-]{0,39}$/;
const USUAL_DATASET = 'notes';

/**
 * @param directoryName - of the directory that the party works in: its id where nobody says another.
 * @throws CleanroomError USAGE where something is missing and nobody can be asked
 */
export async function answerInit(
  flags: PartyFlags,
  interactive: boolean,
  directoryName: string,
): Promise<InitAnswers> {
  const { party, role: roles = [] } = flags;
  if (party !== undefined && roles.length > 0) return { party, ...rolesOf(flags) };
  if (interactive) return ask(flags, directoryName);
  const id = party ?? directoryName;
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
        { name: 'brings text that nobody else may read', value: 'data-owner', checked: true },
        { name: 'runs the room in its Azure tenant', value: 'host' },
        { name: 'reads the summary', value: 'recipient' },
        { name: 'brings a secret model', value: 'model-owner' },
        { name: 'audits', value: 'auditor' },
      ],
      validate: (value) => value.length > 0 || 'choose at least one',
    },
    {
      type: 'input',
      name: 'text',
      message: 'Name of the text that you bring (lower case):',
      default: USUAL_DATASET,
      when: ({ roles = [] }) => roles.includes('data-owner') && dataset.length === 0,
      validate: (value: string) => ID.test(value) || 'lower-case letters, digits and hyphens',
    },
  ]);
  const { text, ...known } = answers;
  return { ...known, ...(text === undefined ? {} : { dataset: [text] }) };
}
