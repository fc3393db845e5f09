// The gate: whatever was judged, nothing is signed, sealed, made or deployed unless all that is demanded was proven.

import { CleanroomError } from '../../base/errors.js';
import type { Judgement } from '../../base/verdict/statement.js';

/**
 * @param hint - what shows every statement, as a command line.
 * @throws CleanroomError STATEMENT_REFUTED, STATEMENT_UNPROVEN; `statements` lists the ids, the message says each
 */
export function requireAccepted({ verdict, statements }: Judgement, hint: string): void {
  if (verdict === 'accepted') return;
  const failed = statements.filter(
    ({ status, demanded }) =>
      status === (verdict === 'refused' ? 'refuted' : 'unproven') && (demanded || status === 'refuted'),
  );
  throw new CleanroomError(
    verdict === 'refused' ? 'STATEMENT_REFUTED' : 'STATEMENT_UNPROVEN',
    failed.map(({ id, text }) => `${id}: ${text}`).join('; '),
    { hint, statements: failed.map(({ id }) => id) },
  );
}
