// The verdict on a signed fragment, for people.

import type { FragmentVerification } from '../parties/policy-fragment.js';
import { escapeTerminal } from '../terminal/escape-terminal.js';

export function renderFragmentVerification({
  verdict,
  checks,
  namespace,
  svn,
  containers,
  findings,
}: FragmentVerification): string {
  const lines = checks.map(
    ({ id, status, reason }) =>
      `  ${status === 'pass' ? 'ok  ' : 'fail'}  ${id}${reason === undefined ? '' : `: ${reason}`}`,
  );
  const grave = findings
    .filter(({ severity }) => severity !== 'note')
    .map(({ severity, id, message }) => `  ${severity}  ${id}: ${message}`);
  return escapeTerminal(
    [
      `${verdict}  ${namespace}, SVN ${svn ?? 'none'}: ${containers.join(', ') || 'no containers'}`,
      ...lines,
      ...grave,
    ].join('\n'),
  );
}
