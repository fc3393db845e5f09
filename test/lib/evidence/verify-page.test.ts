// The static page in a real browser, from file://: the verdict of the command, and not one network request.

import assert from 'node:assert/strict';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

import { type Browser, chromium, type Page } from 'playwright-core';

import { sha256Hex as nodeSha256Hex } from '../../../src/lib/base/bytes/digest.js';
import { renderBundle } from '../../../src/lib/evidence/evidence-bundle.js';
import { renderVerifyPage } from '../../../tools/verify-page.js';
import { sha256Hex } from '../../../src/lib/base/bytes/portable-digest.js';
import { VECTORS } from '../../support/attestation-vectors.js';
import { emulatedRoom } from '../../support/emulated-evidence.js';
import { useTemporaryDirectory } from '../../support/temporary-directory.js';
import { requireTool } from '../../support/tools.js';

/* Made by `npm run build`; the tests look at a page made from the sources as they are. */
const BUILT_PAGE = 'templates/web/verify.html';
const CHROMIUM = '/usr/bin/chromium';

describe('static verification page', function () {
  this.timeout(90_000);
  const directory = useTemporaryDirectory();
  let browser: Browser | undefined;
  let text: string;
  before(async () => {
    text = await renderVerifyPage();
    writeFileSync(join(directory(), 'verify.html'), text);
  });
  after(() => browser?.close());

  async function openPage(requests: string[]): Promise<Page> {
    browser ??= await chromium.launch({
      executablePath: CHROMIUM,
      args: [
        '--no-sandbox',
        '--disable-gpu',
        '--disable-background-networking',
        '--disable-component-update',
      ],
    });
    const page = await browser.newPage({ viewport: { width: 375, height: 700 } });
    page.on('request', (request) => requests.push(request.url()));
    await page.goto(pathToFileURL(join(directory(), 'verify.html')).href);
    return page;
  }

  it('is the one that the build made', () => {
    if (existsSync(BUILT_PAGE) && process.env['CI'] !== undefined) {
      assert.ok(readFileSync(BUILT_PAGE, 'utf8') === text, 'stale: npm run build');
    }
  });

  it('hashes as node:crypto does, at every length around a block', () => {
    for (let length = 0; length < 200; length++) {
      const bytes = new Uint8Array(length).fill(length);
      assert.equal(sha256Hex(bytes), nodeSha256Hex(bytes));
    }
  });

  it('accepts genuine evidence, shows the chain, and loads nothing', async function () {
    requireTool(this, CHROMIUM);
    const requests: string[] = [];
    const page = await openPage(requests);
    await page.setInputFiles('#file', join(VECTORS, 'sets/aci-milan-v3-maa-request/maa-request.json'));
    await page.waitForSelector('#verdict h1');
    assert.equal(await page.textContent('#verdict h1'), 'Accepted');
    assert.match((await page.textContent('#verdict .trust')) ?? '', /hardware/);
    assert.ok(
      await page.evaluate('document.documentElement.scrollWidth <= window.innerWidth'),
      'fits a phone',
    );
    assert.deepEqual(
      requests.filter((url) => !url.startsWith('file:')),
      [],
    );
    assert.equal(requests.length, 1);
    await page.close();
  });

  it('refuses changed evidence, takes a nonce, and says what is no evidence', async function () {
    requireTool(this, CHROMIUM);
    const room = await emulatedRoom();
    const files = {
      bundle: join(directory(), 'a.evidence.json'),
      anchors: join(directory(), 'anchors.json'),
      contract: join(directory(), 'contract.yaml'),
    };
    writeFileSync(files.bundle, renderBundle(room.bundle()));
    writeFileSync(files.anchors, room.anchorsText);
    const page = await openPage([]);
    await page.setInputFiles('#file', files.bundle);
    await page.waitForSelector('#verdict header.refused');
    await page.click('summary');
    await page.setInputFiles('#anchors', files.anchors);
    await page.waitForSelector('#verdict header.accepted');
    writeFileSync(files.contract, `# as written\n${room.contract.canonical}\n`);
    await page.setInputFiles('#contract', files.contract);
    await page.waitForSelector('#verdict header.unproven');
    const held = 'li.pass:has(code:text-is("CONTRACT_EXPECTED"))';
    await page.waitForSelector(held, { state: 'attached' });
    await page.fill('#nonce', 'another question');
    await page.press('#nonce', 'Tab');
    await page.waitForSelector('#verdict header.refused');
    await page.setInputFiles('#file', 'package.json');
    await page.waitForSelector('#problem:not(:empty)');
    await page.close();
  });
});
