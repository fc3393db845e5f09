// Sealed blobs for people. What a header says comes from outside, and is escaped.

import type { Check } from '../base/verdict/check.js';
import type { SealedFileView } from '../parties/sealed-file.js';
import { escapeTerminal } from '../terminal/escape-terminal.js';

const WITHOUT_COMMITMENT =
  'data key    not committed to: a blob of an earlier version; it may open to another text for another recipient';

/** The header of a sealed blob. */
export function renderSealedFile(file: SealedFileView): string {
  const { contract, dataset, version, cty, commit } = file.protected;
  const lines = [
    `contains    ${file.plaintextBytes} bytes of ${cty}, in ${file.segments} segment(s)`,
    ...(dataset === undefined
      ? []
      : [`dataset     ${dataset}, version ${version ?? ''}`, `contract    ${contract ?? ''}`]),
    `header      sha256 ${file.header.sha256}, ${file.header.bytes} bytes`,
    ...(commit === undefined ? [WITHOUT_COMMITMENT] : []),
    ...file.recipients.map(({ alg, kid, jkt }) =>
      kid === jkt || jkt === null ? `recipient   ${kid} (${alg})` : `recipient   ${kid} (${alg}, key ${jkt})`,
    ),
  ];
  return escapeTerminal(lines.join('\n'));
}

/** Checks of a seal, one a line. */
export function renderSealChecks(verdict: string, checks: readonly Check[]): string {
  const lines = checks.map(({ id, status, expected, actual }) =>
    status === 'fail'
      ? `  ${status}  ${id}  expected ${expected ?? ''}, the blob has ${actual ?? ''}`
      : `  ${status}  ${id}  ${actual ?? ''}`,
  );
  return escapeTerminal([verdict, ...lines].join('\n'));
}
