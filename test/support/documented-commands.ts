// Command lines of the documentation: lines of `sh` blocks that begin with cleanroom; a comment says whose directory the
// next ones run in.

import { readFileSync } from 'node:fs';

export interface DocumentedCommand {
  /** Lower-case first word of the last comment: fabrikam, contoso, anybody; null before the first. */
  readonly who: string | null;
  readonly argv: readonly string[];
}

/** Its lines are the walk of two parties itself. */
export const TUTORIAL = 'docs/tutorial/two-parties.md';

/** Pages whose lines are executed in the room of the walk, in this order, and by five parties. */
export const HOW_TO_PAGES: readonly string[] = [
  'docs/howto/party-2.md',
  'docs/howto/party-1.md',
  'docs/howto/auditor.md',
  'docs/howto/cross-tenant.md',
  'docs/howto/pipelines.md',
  'docs/azure.md',
  'docs/azure-acceptance.md',
];
export const N_PARTIES_PAGE = 'docs/howto/n-parties.md';
export const EXECUTED_PAGES: readonly string[] = [...HOW_TO_PAGES, N_PARTIES_PAGE];

export function commandLines(page: string): readonly DocumentedCommand[] {
  const blocks = [...readFileSync(page, 'utf8').matchAll(/```sh\n([\s\S]*?)```/g)].map(
    ([, block = '']) => block,
  );
  const lines: DocumentedCommand[] = [];
  let who: string | null = null;
  for (const line of blocks.join('').split('\n')) {
    if (line.startsWith('#')) who = /^#\s*([A-Za-z]+)/.exec(line)?.[1]?.toLowerCase() ?? null;
    else if (line.startsWith('cleanroom ')) lines.push({ who, argv: line.trim().split(/\s+/).slice(1) });
  }
  return lines;
}
