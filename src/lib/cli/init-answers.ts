// What `init` must know about the party: from flags, or asked for on a terminal.

import { CleanroomError } from '../base/errors.js';
import type { ContractParty } from '../contract/schema.js';
import type { PartyAnswers } from '../parties/init.js';

export interface PartyFlags {
  readonly party?: string | undefined;
  readonly role?: readonly ContractParty['roles'][number][] | undefined;
}

/** @throws CleanroomError USAGE where something is missing and nobody can be asked. */
export async function answerInit(flags: PartyFlags, interactive: boolean): Promise<PartyAnswers> {
  const { party, role: roles } = flags;
  if (party !== undefined && roles !== undefined && roles.length > 0) return { party, roles: [...roles] };
  if (!interactive) {
    throw new CleanroomError('USAGE', 'init needs --party and at least one --role where it cannot ask', {
      hint: 'For example: cleanroom init --party fabrikam --role data-owner --dataset notes',
    });
  }
  const { default: inquirer } = await import('inquirer');
  return inquirer.prompt<PartyAnswers>([
    {
      type: 'input',
      name: 'party',
      message: 'Id of your party (lower case):',
      default: party ?? 'fabrikam',
      validate: (value: string) =>
        /^[a-z0-9][a-z0-9-]{0,39}$/.test(value) || 'lower-case letters, digits and hyphens',
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
  ]);
}
