// The documentation holds together: links and anchors lead somewhere, each threat has its test, and every command line is
// one that a test executes (test/e2e/two-parties.test.ts, test/e2e/n-parties.test.ts).

import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';

import { ROOM_EXIT } from '../src/lib/room/exit-codes.js';
import { commandLines, EXECUTED_PAGES, TUTORIAL } from './support/documented-commands.js';

const ROOT_PAGES = ['README.md', 'LIMITATIONS.md', 'SECURITY.md', 'CONTRIBUTING.md', 'CHANGELOG.md'];
const PAGES = [...ROOT_PAGES, ...filesBelow('docs').filter((path) => path.endsWith('.md'))];

/* Fetches from the internet, or a text that is the reader's own. */
const NOT_HERE = /^cleanroom (?:model fetch|model inspect models\/t5-small|summarize report\.txt)/;

const SECTION = '\u00a7';

/* Files that cite documents: sources and what is made of them. */
const CITING = ['src', 'test', 'bench', 'tools', 'templates']
  .flatMap(filesBelow)
  .filter((path) => /\.(?:ts|js|mjs|json|md|bicep|html)$/.test(path) && !/tokenizer|vocab/.test(path));

describe('the documentation', () => {
  it('has no link that leads nowhere, and no anchor that is not there', () => {
    const broken = PAGES.flatMap((page) => brokenLinks(page));
    assert.deepEqual(broken, []);
  });

  it('lists every page of docs in its reading order', () => {
    const order = readFileSync('docs/README.md', 'utf8');
    const pages = PAGES.filter((page) => page.startsWith('docs/') && page !== 'docs/README.md');
    assert.deepEqual(
      pages.filter((page) => !order.includes(`(${page.slice('docs/'.length)}`)),
      [],
    );
  });

  it('holds no placeholder and no command line that no test executes', () => {
    const tests = filesBelow('test')
      .filter((path) => path.endsWith('.test.ts') && path !== join('test', 'docs.test.ts'))
      .map((path) => readFileSync(path, 'utf8'))
      .join('\n');
    // A page that a test reads by its path is executed there.
    const read = PAGES.filter((page) => page.startsWith('docs/') && tests.includes(page));
    const executed = new Set([TUTORIAL, ...EXECUTED_PAGES, ...read].flatMap((page) => lineTexts(page)));
    const strays = PAGES.flatMap((page) =>
      lineTexts(page)
        .filter((line) => !executed.has(line) && !NOT_HERE.test(line))
        .map((line) => `${page}: ${line}`),
    );
    assert.deepEqual(strays, []);
  });

  it('names every threat with a test', () => {
    const page = readFileSync('docs/security/threat-model.md', 'utf8');
    const rows = [...page.matchAll(/^\| \[([INOX]{1,2}\d{1,2})\]\(\.\.\/\.\.\/(test\/[^)]+)\) \|/gm)];
    assert.ok(rows.length >= 49, String(rows.length));
    const untested = rows
      .filter(([, id, file]) => {
        const name = new RegExp(`['"\`](?:[^'"\`\\n]* )?${id ?? ''}(?:['"\`]|[:, ])`);
        return !name.test(readFileSync(file ?? '', 'utf8'));
      })
      .map(([, id]) => id);
    assert.deepEqual(untested, []);
  });

  it('names no file of the program or its tests that is not there', () => {
    const gone = PAGES.filter((page) => page !== 'CHANGELOG.md').flatMap((page) =>
      [...readFileSync(page, 'utf8').matchAll(/`((?:[a-z0-9-]+\/)+[a-z0-9.-]+\.ts)`/g)]
        .filter(([, file = '']) => !['', 'src/lib', 'test'].some((root) => existsSync(join(root, file))))
        .map(([, file = '']) => `${page}: ${file}`),
    );
    assert.deepEqual(gone, []);
  });

  it('is where the program, its tests and its tools say: no citation of a document or section that is not there', () => {
    const lost = CITING.flatMap((file) =>
      lostCitations(readFileSync(file, 'utf8')).map((cited) => `${file}: ${cited}`),
    );
    assert.deepEqual(lost, []);
  });

  it('finds a citation that leads nowhere', () => {
    const cited = [
      ['docs', 'gone.md'].join('/'),
      ['docs', 'design.md#nowhere'].join('/'),
      `docs/reference/sealed-format.md ${SECTION}99`,
      `DESIGN ${SECTION}2`,
      ['facts', 'a.md'].join('/'),
    ];
    assert.deepEqual(
      cited.map(lostCitations),
      cited.map((one) => [one]),
    );
    assert.deepEqual(
      lostCitations(
        `docs/design.md#the-chain, docs/reference/sealed-format.md ${SECTION}3, RFC 9162 ${SECTION}2.1`,
      ),
      [],
    );
  });

  it('names every room of the code in the map of the design', () => {
    const page = readFileSync('docs/design.md', 'utf8').split('## Rooms of the code')[1] ?? '';
    const rooms = readdirSync('src/lib', { withFileTypes: true }).filter((entry) => entry.isDirectory());
    assert.deepEqual(
      rooms.map(({ name }) => name).filter((name) => !page.includes(`\`${name}\``)),
      [],
    );
  });

  it('lists every exit code of the room’s process', () => {
    const [, page = ''] = readFileSync('docs/reference/room-api.md', 'utf8').split(
      '## Exit codes of the process',
    );
    const listed = [...page.matchAll(/^\| (\d[\d, ]*) \|/gm)].flatMap(([, codes = '']) => codes.split(', '));
    assert.deepEqual(new Set(listed.map(Number)), new Set(Object.values(ROOM_EXIT)));
  });

  it('is readable on paper: no line of more than 600 characters', () => {
    const wide = PAGES.filter((page) => !/errors\.md|CHANGELOG|commands\.md/.test(page)).flatMap((page) =>
      readFileSync(page, 'utf8')
        .split('\n')
        .filter((line) => line.length > 600)
        .map((line) => `${page}: ${line.slice(0, 60)}`),
    );
    assert.deepEqual(wide, []);
  });
});

function lineTexts(page: string): readonly string[] {
  return commandLines(page).map(({ argv }) => `cleanroom ${argv.join(' ')}`);
}

function filesBelow(directory: string): readonly string[] {
  return readdirSync(directory, { recursive: true, encoding: 'utf8' }).map((name) => join(directory, name));
}

/* Documents by paths and anchors, by numbered sections, and by names of documents that are not in the repository. */
function lostCitations(text: string): readonly string[] {
  const named = [...text.matchAll(/\b(?:DESIGN|STYLE|THREATS)(?:\.md| \u00a7)\d*|\bfacts\/[\w-]+\.md/g)];
  const paths = [...text.matchAll(/\bdocs\/[\w/-]+\.md(?:#([\w-]+)| \u00a7(\d+))?/g)];
  const lost = paths.filter(([cited, anchor, section]) => {
    const page = cited.replace(/\.md.*/s, '.md');
    if (!existsSync(page)) return true;
    if (anchor !== undefined) return !anchorsOf(page).has(anchor);
    return section !== undefined && !readFileSync(page, 'utf8').includes(`\n## ${section}. `);
  });
  return [...named, ...lost].map(([cited]) => cited);
}

function brokenLinks(page: string): readonly string[] {
  const text = readFileSync(page, 'utf8').replace(/```[\s\S]*?```/g, '');
  return [...text.matchAll(/\]\(([^)\s]+)\)/g)].flatMap(([, link = '']) => {
    if (/^(?:https?|mailto):/.test(link)) return [];
    const [path = '', anchor] = link.split('#');
    const target = path === '' ? page : resolve(dirname(page), path);
    if (!existsSync(target)) return [`${page}: ${link}`];
    return anchor === undefined || anchorsOf(target).has(anchor) ? [] : [`${page}: ${link}`];
  });
}

/* GitHub's rule: lower case, punctuation gone, spaces to hyphens. */
function anchorsOf(page: string): ReadonlySet<string> {
  const headings = readFileSync(page, 'utf8').matchAll(/^#{1,6} (.+)$/gm);
  return new Set(
    [...headings].map(([, heading = '']) =>
      heading
        .toLowerCase()
        .replace(/[^\p{L}\p{N} _-]/gu, '')
        .trim()
        .replaceAll(' ', '-'),
    ),
  );
}
