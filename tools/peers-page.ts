// The page about peers, its tables made from docs/reference/peers.json.

import { readFileSync } from 'node:fs';

import { readPeersData } from '../test/peers/data.js';
import { withMadePart } from './made-part.js';

const PAGE = 'docs/reference/peers.md';

/** The page, its tables made anew; everything else as it is. */
export async function renderPeersPage(): Promise<string> {
  return withMadePart(readFileSync(PAGE, 'utf8'), 'peers', await renderTables());
}

async function renderTables(): Promise<string> {
  const { suite, tests, byHand } = await readPeersData();
  return [
    ...['## Asked by `npm run peers`', '', '| peer | version | about | asked | questions | agreed | disagreed | refused by design |'],
    '|---|---|---|---|---|---|---|---|',
    ...suite.map(({ peer, version, about, asked, questions, agreed, disagreed, byDesign }) => {
      const meant = Object.entries(byDesign).map(([reason, count]) => `${count}: ${reason}`);
      return `| ${[peer, version, about, asked, questions, agreed, disagreed, meant.join('; ') || '0'].join(' | ')} |`;
    }),
    ...['', '## Asked by `npm test`', '', '`CLEANROOM_REQUIRE_TOOLS=1`, which `.ci/run` sets for `npm test`, demands these.', '', '| peer | version | about | tests |', '|---|---|---|---|'],
    ...tests.map(({ peer, version, about, test }) => `| ${[peer, version, about, test].join(' | ')} |`),
    ...['', '## Run by hand', '', '| peer | version | about | run | result |', '|---|---|---|---|---|'],
    ...byHand.map(({ peer, version, about, asked, result }) => `| ${[peer, version, about, asked, result].join(' | ')} |`),
    '',
  ].join('\n');
}
