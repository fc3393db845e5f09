// A dry run of the key releases for people.

import type { DryRun } from '../parties/why-dry-run.js';
import { escapeTerminal } from '../terminal/escape-terminal.js';
import { renderClaims } from './render-diagnosis.js';

const OUTCOME = { released: 'would be released', refused: 'WOULD BE REFUSED', unread: 'not tried' } as const;

export function renderDryRun({ policyHash, releases }: DryRun): string {
  const lines = [
    `a room with policy ${policyHash}`,
    ...releases.flatMap(({ dataset, outcome, source, reason, claims }) => [
      `${dataset}: ${OUTCOME[outcome]} (release policy from the ${source})`,
      ...(reason === null ? [] : [`  ${reason}`]),
      ...(outcome === 'refused' ? renderClaims(claims) : []),
    ]),
  ];
  return lines.map(escapeTerminal).join('\n');
}
