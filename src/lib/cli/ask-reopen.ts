// The question before a text whose key was revoked is sealed again.

import type { Reopens } from '../parties/encryption-input.js';

/** Asks on a terminal; elsewhere only --yes agrees. */
export function askToReopen(asked: { readonly interactive: boolean; readonly yes: boolean }): Reopens {
  return async ({ name, vault }) => {
    const { confirm } = await import('../terminal/confirm.js');
    return confirm({
      ...asked,
      question: `Every version of the key ${name} in ${vault} was disabled (key revoke). Make a new version, so that rooms of this contract can read the text again?`,
      otherwise: `every version of the key ${name} in ${vault} was disabled (key revoke); with a new version, rooms of this contract could read the text again`,
      hint: 'If that is intended, run the same command with --yes.',
    });
  };
}
