// The page about peers, its tables made from docs/reference/peers.json.

import { readFileSync } from 'node:fs';

import { readPeersData } from '../test/peers/data.js';

const PAGE = 'docs/reference/peers.md';
const BEGIN = '<!-- peers: made by npm run generate -->';
const END = '<!-- end of peers -->';

/** The page, its tables made anew; everything else as it is. */
export async function renderPeersPage(): Promise<string> {
  const page = readFileSync(PAGE, 'utf8');
  const [before, rest] = page.split(BEGIN);
  const after = rest?.split(END)[1];
  if (before === undefined || after === undefined) throw new Error(`${PAGE} has no place for the tables`);
  return `${before}${BEGIN}\n\n${await renderTables()}\n${END}${after}`;
}

async function renderTables(): Promise<string> {
  const { suite, byHand } = await readPeersData();
  return [
    ...['## Asked by `npm run peers`', '', '| peer | version | about | asked | questions | agreed | disagreed | refused by design |'],
    '|---|---|---|---|---|---|---|---|',
    ...suite.map(({ peer, version, about, asked, questions, agreed, disagreed, byDesign }) => {
      const meant = Object.entries(byDesign).map(([reason, count]) => `${count}: ${reason}`);
      return `| ${[peer, version, about, asked, questions, agreed, disagreed, meant.join('; ') || '0'].join(' | ')} |`;
    }),
    ...['', '## Run by hand', '', '| peer | version | about | run | result |', '|---|---|---|---|---|'],
    ...byHand.map(({ peer, version, about, asked, result }) => `| ${[peer, version, about, asked, result].join(' | ')} |`),
    '',
  ].join('\n');
}
