// oclif asks the system for the user's shell where SHELL does not name it. A user without an entry in the system's list, as
// containers start programs, has none: oclif would end without a word.

import { userInfo } from 'node:os';

/** Names a shell in the environment where neither it nor the system does. */
export function settleShell(): void {
  if (process.env['SHELL'] !== undefined) return;
  try {
    userInfo();
  } catch {
    process.env['SHELL'] = 'unknown';
  }
}
