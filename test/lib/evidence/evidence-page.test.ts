// The page that `verify --html` writes, in a real browser: on a phone, in the dark, in print, and with hostile evidence.

import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

import type { Page } from 'playwright-core';

import { CHECKS, isCheckId } from '../../../src/lib/attestation/check-ids.js';
import type { Check } from '../../../src/lib/base/verdict/check.js';
import { renderBundle } from '../../../src/lib/evidence/evidence-bundle.js';
import { VECTORS } from '../../support/attestation-vectors.js';
import { useChromium } from '../../support/chromium.js';
import { emulatedRoom } from '../../support/emulated-evidence.js';
import { runCleanroomJson } from '../../support/run-command.js';
import { useTemporaryDirectory } from '../../support/temporary-directory.js';

describe('the page of a verdict', function () {
  this.timeout(90_000);
  const browser = useChromium();
  const directory = useTemporaryDirectory();
  const path = (name: string): string => join(directory(), name);

  /* Writes the page by the command, opens it, and gives the checks that the command printed. */
  async function pageOf(
    argv: readonly string[],
    width: number,
  ): Promise<{ page: Page; checks: readonly Check[]; requests: string[]; problems: string[] }> {
    const { json } = await runCleanroomJson('verify', ...argv, '--html', path('out.html'));
    const page = await browser().newPage({ viewport: { width, height: 800 } });
    const [requests, problems]: [string[], string[]] = [[], []];
    page.on('request', (request) => requests.push(request.url()));
    page.on('console', (message) => problems.push(message.text()));
    page.on('dialog', (dialog) => problems.push(dialog.message()));
    await page.goto(pathToFileURL(path('out.html')).href);
    return { page, checks: (json['result'] as { checks: readonly Check[] }).checks, requests, problems };
  }

  const fits = (page: Page): Promise<unknown> =>
    page.evaluate('document.documentElement.scrollWidth <= document.documentElement.clientWidth');

  async function writeRoom(): Promise<readonly string[]> {
    const room = await emulatedRoom();
    writeFileSync(path('room.evidence.json'), renderBundle(room.bundle()));
    writeFileSync(path('anchors.json'), room.anchorsText);
    writeFileSync(path('contract.json'), room.contract.canonical);
    return [
      path('room.evidence.json'),
      '-f',
      path('contract.json'),
      '--anchors',
      path('anchors.json'),
      '--allow-emulated',
    ];
  }

  it('says every check in a sentence, shows the chain from contract to AMD, loads and runs nothing', async () => {
    const { page, checks, requests, problems } = await pageOf(await writeRoom(), 375);
    const text = (await page.textContent('main')) ?? '';
    assert.equal(await page.textContent('h1'), 'Unproven');
    for (const { id } of checks) assert.ok(isCheckId(id) && text.includes(CHECKS[id].claim), id);
    const links = await page.locator('.chain li strong').allTextContents();
    assert.deepEqual(links, ['Contract', 'Policy', 'Room', 'Guest firmware', 'Report', 'Chip', 'AMD']);
    assert.match(text, /What was not checked/);
    assert.equal(requests.length, 1);
    assert.deepEqual(problems, []);
    assert.equal(await page.locator('script').count(), 0);
    await page.close();
  });

  it('fits the width of phones and of paper, and prints in black on white', async () => {
    for (const width of [320, 375, 1280]) {
      const { page } = await pageOf(await writeRoom(), width);
      assert.equal(await fits(page), true, `${width}`);
      await page.evaluate(
        "for (const one of document.querySelectorAll('header p, .checks strong, .checks p')) one.textContent = 'a1'.repeat(150)",
      );
      assert.equal(await fits(page), true, `${width}, with digests in each sentence`);
      await page.reload();
      const lines = await page.evaluate(
        "[...document.querySelectorAll('header .flag')].map((flag) => flag.getClientRects().length)",
      );
      assert.deepEqual(lines, [1, 1], `${width}: a flag is broken between two lines`);
      await page.emulateMedia({ media: 'print', colorScheme: 'dark' });
      assert.equal(await fits(page), true, `${width} in print`);
      const body = await page.evaluate(
        '[getComputedStyle(document.body).color, getComputedStyle(document.body).backgroundColor].join()',
      );
      assert.equal(body, 'rgb(0, 0, 0),rgb(255, 255, 255)');
      assert.ok((await page.pdf({ format: 'A4' })).length > 10_000);
      await page.close();
    }
  });

  it('names emulated hardware as such, in its heading and in every statement, and never says that AMD or Microsoft did it', async () => {
    const [bundle = '', , , ...anchors] = await writeRoom();
    const { page } = await pageOf([bundle, ...anchors], 375);
    assert.equal(await page.textContent('h1'), 'Accepted, emulated');
    const said = (await page.locator('#statements ~ ul strong').allTextContents()).join(' ');
    assert.match(said, /An emulated processor signed this report/);
    assert.doesNotMatch(said, /AMD|Microsoft/);
    const shown = await page.locator('details').first().getAttribute('open');
    assert.equal(shown, null);
    assert.match(
      (await page.textContent('header')) ?? '',
      /Judged at 20[\s\S]*nothing shows that this evidence is fresh/,
    );
    await page.close();
  });

  it('says first what is broken, where the chain breaks, and what to do', async () => {
    const { page } = await pageOf([join(VECTORS, 'sets/aci-mixed-hosts-sample')], 375);
    assert.equal(await page.textContent('h1'), 'Refused');
    assert.equal(await page.locator('h2').nth(1).textContent(), 'What failed');
    const broken = await page.locator('.chain li.fail strong').allTextContents();
    assert.deepEqual(broken, ['Policy', 'Report', 'Chip']);
    assert.match((await page.textContent('#failed ~ ul .advice')) ?? '', /What to do: /);
    await page.close();
  });

  it('II1: shows hostile text of the evidence as text', async () => {
    const part = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url');
    const hostile = '"><img src=x onerror=alert(1)><script>alert(2)</script>\u202e\u0000';
    writeFileSync(path('token.jwt'), `${part({ alg: hostile, kid: hostile })}.${part({ iss: hostile })}.AA`);
    const { page, requests, problems } = await pageOf(['--maa-token', path('token.jwt')], 375);
    assert.equal(await page.locator('img, script').count(), 0);
    assert.match((await page.textContent('main')) ?? '', /<script>alert\(2\)<\/script>\\u202e\\u0000/);
    assert.deepEqual([requests.length, problems], [1, []]);
    await page.close();
  });
});
