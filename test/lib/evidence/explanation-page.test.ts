// The contract as a page, in a real browser, and with values that no contract may have: the renderer trusts none.

import assert from 'node:assert/strict';
import { join } from 'node:path';

import type { Page } from 'playwright-core';

import { type Chapter, explainContract } from '../../../src/lib/evidence/contract-explained.js';
import { renderExplanation } from '../../../src/lib/evidence/render-explanation.js';
import { useChromium } from '../../support/chromium.js';
import { exampleParsedContract } from '../../support/contract.js';

const HOSTILE =
  '<img src=x onerror=alert(1)><script>alert(2)</script>"\'&lt; [a](javascript:alert(3)) `x`\n# Title';

describe('the page of a contract', function () {
  this.timeout(60_000);
  const browser = useChromium();

  async function open(chapters: readonly Chapter[], width: number, scheme: 'light' | 'dark'): Promise<Page> {
    const page = await browser().newPage({ viewport: { width, height: 800 }, colorScheme: scheme });
    const problems: string[] = [];
    page.on('console', (message) => problems.push(message.text()));
    page.on('dialog', (dialog) => problems.push(dialog.message()));
    page.on('request', (request) => problems.push(request.url()));
    await page.setContent(renderExplanation(chapters, 'html'));
    assert.deepEqual(problems, []);
    return page;
  }

  const agreed = explainContract(exampleParsedContract(), 'ab'.repeat(32));

  for (const [name, width, scheme, media] of [
    ['phone', 320, 'light', 'screen'],
    ['dark', 1280, 'dark', 'screen'],
    ['paper', 700, 'dark', 'print'],
  ] as const) {
    it(`fits and is readable: ${name}`, async () => {
      const page = await open(agreed, width, scheme);
      await page.emulateMedia({ media, colorScheme: scheme });
      assert.equal(await page.textContent('h1'), 'Contract quarterly-notes');
      assert.equal(await page.locator('h2').count(), agreed.length - 1);
      const fits = 'document.documentElement.scrollWidth <= document.documentElement.clientWidth';
      assert.equal(await page.evaluate(fits), true);
      const colors = await page.evaluate(
        '[getComputedStyle(document.body).color, getComputedStyle(document.body).backgroundColor].join()',
      );
      const [black, white] = ['rgb(0, 0, 0)', 'rgb(255, 255, 255)'];
      if (media === 'print') assert.equal(colors, `${black},${white}`);
      const directory = process.env['SCREENSHOTS'];
      if (directory !== undefined)
        await page.screenshot({ path: join(directory, `contract-${name}.png`), fullPage: true });
      await page.close();
    });
  }

  it('shows hostile values as they are: runs nothing, loads nothing, adds no element', async () => {
    const page = await open([{ title: HOSTILE, statements: [HOSTILE] }], 800, 'light');
    assert.equal(await page.textContent('li'), HOSTILE);
    assert.equal(await page.locator('img, script, a').count(), 0);
    await page.close();
  });

  it('gives hostile values no meaning in Markdown', () => {
    const text = renderExplanation([{ title: 'Contract', statements: [HOSTILE] }], 'markdown');
    assert.deepEqual(text.split('\n').length, 3);
    assert.doesNotMatch(text, /(?<!\\)[<[`]/);
  });
});
