// Asking before something is taken away. Where nobody can be asked, only --yes goes on.

import { CleanroomError } from '../base/errors.js';

export interface Confirmation {
  /** Whether a person is at the keyboard. */
  readonly interactive: boolean;
  readonly yes: boolean;
  /** The question, a sentence with its mark. */
  readonly question: string;
  /** What is so, for whoever cannot be asked. */
  readonly otherwise: string;
  readonly hint?: string;
}

/** @throws CleanroomError CONFIRMATION_NEEDED where nobody can be asked and nobody said --yes */
export async function confirm({
  interactive,
  yes,
  question,
  otherwise,
  hint,
}: Confirmation): Promise<boolean> {
  if (yes) return true;
  if (!interactive)
    throw new CleanroomError('CONFIRMATION_NEEDED', otherwise, hint === undefined ? {} : { hint });
  const { default: inquirer } = await import('inquirer');
  const { sure } = await inquirer.prompt<{ sure: boolean }>([
    { type: 'confirm', name: 'sure', message: question, default: false },
  ]);
  return sure;
}
