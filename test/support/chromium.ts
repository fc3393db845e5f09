// Debian's Chromium, driven by playwright-core; where it is missing the test is skipped, or fails if tools are required.

import { existsSync } from 'node:fs';

import type { Browser } from 'playwright-core';

const CHROMIUM = '/usr/bin/chromium';

/** Starts a browser before the tests of this `describe`; closed after them. */
export function useChromium(): () => Browser {
  let browser: Browser | undefined;
  before(async function () {
    this.timeout(60_000);
    if (!existsSync(CHROMIUM)) {
      if (process.env['CLEANROOM_REQUIRE_TOOLS'] === '1')
        throw new Error(`${CHROMIUM} is required: apt-get install chromium`);
      this.skip();
    }
    const { chromium } = await import('playwright-core');
    browser = await chromium.launch({
      executablePath: CHROMIUM,
      args: [
        '--no-sandbox',
        '--disable-background-networking',
        '--disable-component-update',
        '--disable-sync',
        '--disable-quic',
      ],
    });
  });
  after(() => browser?.close());
  return () => {
    if (browser === undefined) throw new Error('the browser has not been started');
    return browser;
  };
}
