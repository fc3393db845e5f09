// `summary --open`: the page that a recipient sees, and how it gets to the browser.

import assert from 'node:assert/strict';
import { chmodSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { renderSummaryPage } from '../../../src/lib/cli/render-summary-page.js';
import { showPage } from '../../../src/lib/terminal/show-page.js';
import { CONTENT_SECURITY_POLICY } from '../../../src/lib/pages/style.js';
import type { ReceivedSummary } from '../../../src/lib/parties/receive-summary.js';
import { EXAMPLE_LIMITS } from '../../support/contract.js';
import { useChromium } from '../../support/chromium.js';
import { useTemporaryDirectory } from '../../support/temporary-directory.js';

const LIMITS = { ...EXAMPLE_LIMITS, maxResults: 1 };
const DIGEST = 'ab'.repeat(32);

function received(text: string): ReceivedSummary {
  const parts = {
    name: 'quarterly-notes',
    document: {
      method: 't5',
      summary: { text },
      documents: [],
      checks: [{ id: 'SUMMARY_CHARACTERS', status: 'pass', actual: '9' }],
    },
    receipt: {
      inputs: [
        {
          dataset: 'notes',
          owner: 'fabrikam',
          version: '1',
          kind: 'text',
          header: DIGEST,
          payload: DIGEST,
          key: '',
        },
      ],
      limits: LIMITS,
      budget: { used: 1, of: 1 },
      time: '2026-01-01T00:00:00.000Z',
    },
    verdict: { verdict: 'accepted', trust: 'emulated', checks: [{ id: 'RECEIPT_OUTPUT', status: 'pass' }] },
  };
  return parts as unknown as ReceivedSummary;
}

describe('summary --open', function () {
  this.timeout(30_000);
  const directory = useTemporaryDirectory();
  const options = (
    changes: Partial<Parameters<typeof showPage>[1]> = {},
  ): Parameters<typeof showPage>[1] => ({
    contentSecurityPolicy: CONTENT_SECURITY_POLICY,
    environment: { BROWSER: 'true' },
    signal: new AbortController().signal,
    announce: () => undefined,
    ...changes,
  });

  it('gives the page to the browser once, under an address that cannot be guessed, and to nobody else', async () => {
    let guessed: Promise<number> | undefined;
    let answer: Promise<Response> | undefined;
    const seen = await showPage(
      '<p>text</p>',
      options({
        announce: (url) => {
          guessed = fetch(new URL('/', url)).then(({ status }) => status);
          answer = guessed.then(() => fetch(url));
        },
      }),
    );
    assert.equal(seen, true);
    assert.equal(await guessed, 404);
    const { headers } = await answer!;
    assert.match(headers.get('content-security-policy') ?? '', /^default-src 'none'/);
    assert.equal(headers.get('cache-control'), 'no-store');
  });

  it('starts the browser of BROWSER with the address', async () => {
    const browser = join(directory(), 'browser');
    writeFileSync(browser, `#!/usr/bin/env node\nfetch(process.argv[2]).then((answer) => answer.text());\n`);
    chmodSync(browser, 0o700);
    assert.equal(await showPage('<p>text</p>', options({ environment: { BROWSER: browser } })), true);
  });

  it('ends when it is told to, and where there is no browser at all', async () => {
    const abort = new AbortController();
    const shown = showPage('', options({ environment: { BROWSER: '/nowhere' }, signal: abort.signal }));
    abort.abort(new Error('stop'));
    await assert.rejects(shown);
  });

  describe('in a browser', () => {
    const browser = useChromium();

    it('II1: shows the summary and what vouches for it, and obeys no markup of it', async () => {
      const context = await browser().newContext({
        javaScriptEnabled: true,
        viewport: { width: 360, height: 740 },
      });
      const page = await context.newPage();
      const faults: string[] = [];
      page.on('console', (message) => message.type() === 'error' && faults.push(message.text()));
      page.on('dialog', () => faults.push('dialog'));
      let visited: Promise<unknown> | undefined;
      await showPage(
        renderSummaryPage(received('<script>alert(1)</script>\u202e A line.')),
        options({
          announce: (url) => {
            visited = page.goto(url);
          },
        }),
      );
      await visited;
      await page.getByRole('heading', { level: 1, name: 'Summary: quarterly-notes' }).waitFor();
      assert.equal(await page.locator('blockquote').textContent(), '<script>alert(1)</script>\ufffd A line.');
      assert.match((await page.textContent('.state')) ?? '', /Accepted[\s\S]*local Azure only/);
      assert.ok((await page.evaluate<number>('document.documentElement.scrollWidth')) <= 360);
      assert.deepEqual(
        faults.filter((fault) => !fault.includes('favicon')),
        [],
      );
      const shots = process.env['SCREENSHOTS'];
      if (shots !== undefined)
        await page.screenshot({ path: join(shots, 'summary-open.png'), fullPage: true });
      await context.close();
    });
  });
});
