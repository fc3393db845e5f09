// The room's page as a person sees it, in Chromium. SCREENSHOTS=DIR keeps a picture of each state, and what is read aloud.

import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

import type { BrowserContextOptions, Page } from 'playwright-core';

import type { RunningRoom } from '../../../../src/lib/room/room.js';
import { useChromium } from '../../../support/chromium.js';
import { deliveredOnPage, FERRY_TEXT, lenient } from '../../../support/room/contracts.js';
import { createWorld, type World } from '../../../support/room/world.js';

const PHONE = { viewport: { width: 360, height: 740 } };

describe("the room's page in a browser", function () {
  this.timeout(60_000);
  const browser = useChromium();
  let world: World;
  const faults: string[] = [];
  beforeEach(() => {
    faults.length = 0;
  });
  afterEach(async () => {
    for (const context of browser().contexts()) await context.close();
    await world.close();
  });

  async function open(room: RunningRoom, options: BrowserContextOptions = {}): Promise<Page> {
    const context = await browser().newContext({ ignoreHTTPSErrors: true, ...options });
    const page = await context.newPage();
    page.on('pageerror', (error) => faults.push(error.message));
    page.on(
      'console',
      (message) => message.type() === 'error' && faults.push(`${message.text()} ${message.location().url}`),
    );
    page.on('request', (request) => {
      if (!request.url().startsWith(`https://127.0.0.1:${room.port}/`))
        faults.push(`request to ${request.url()}`);
    });
    await page.goto(`https://127.0.0.1:${room.port}/`);
    return page;
  }

  async function keep(page: Page, name: string): Promise<void> {
    const directory = process.env['SCREENSHOTS'];
    if (directory === undefined) return;
    await page.screenshot({ path: join(directory, `${name}.png`), fullPage: true });
    writeFileSync(join(directory, `${name}.txt`), await spoken(page));
  }

  /** What a screen reader has to say, in order. */
  function spoken(page: Page): Promise<string> {
    return page.locator('body').ariaSnapshot();
  }

  async function close(page: Page): Promise<void> {
    await page.context().close();
    assert.deepEqual(faults, []);
  }

  it('says what it waits for, and shows the end by itself when the owner has uploaded', async () => {
    world = await createWorld((contract) => deliveredOnPage(lenient(contract)));
    const room = await world.start();
    const page = await open(room);
    await page.locator('.state.waiting').waitFor();
    await page.getByRole('row', { name: /notes/ }).getByText('BLOB_MISSING').waitFor();
    await keep(page, 'waiting');
    await world.encrypt('notes', FERRY_TEXT);
    await page.getByRole('heading', { name: 'Summary' }).waitFor();
    assert.match(await page.title(), /^Done/);
    assert.match((await page.getByRole('status').textContent()) ?? '', /^Done/);
    assert.match((await page.locator('blockquote').textContent()) ?? '', /ferry/);
    await keep(page, 'done-page');
    await close(page);
  });

  it('says that it waits for a key, whose, and when it asks again', async () => {
    world = await createWorld((contract) => lenient(contract));
    await world.encrypt('notes', FERRY_TEXT);
    const keys = new Map(world.sidecar.keys);
    world.sidecar.keys.clear();
    const page = await open(await world.start());
    await page.getByRole('row', { name: /notes/ }).getByText('KEY_NOT_FOUND').waitFor();
    assert.match(await page.title(), /^Waiting/);
    assert.match(await spoken(page), /row "notes .*KEY_NOT_FOUND \d+ \d\d:\d\d:\d\d"/);
    await keep(page, 'waiting-for-key');
    for (const [name, key] of keys) world.sidecar.keys.set(name, key);
    await page.getByText('Sealed to contoso').waitFor();
    await close(page);
  });

  it('says what it does while it works', async () => {
    world = await createWorld((contract) => lenient(contract));
    await world.encrypt('notes', FERRY_TEXT);
    let goOn: () => void = () => undefined;
    const held = new Promise<null>((resolve) => (goOn = () => resolve(null)));
    world.storage.intercept = ({ method, path }) =>
      method === 'PUT' && path.endsWith('.budget.1') ? held : null;
    const page = await open(await world.start());
    await page.locator('.phases .active', { hasText: 'Take a place in the budget' }).waitFor();
    assert.match(await page.title(), /^Working/);
    await keep(page, 'working');
    goOn();
    await page.getByText('Sealed to contoso').waitFor();
    await close(page);
  });

  it('works without script: the page reloads itself while there is something to wait for', async () => {
    world = await createWorld((contract) => lenient(contract));
    const room = await world.start();
    const page = await open(room, { javaScriptEnabled: false });
    await page.locator('.state.waiting').waitFor();
    await world.encrypt('notes', FERRY_TEXT);
    await page.getByText('Sealed to contoso').waitFor({ timeout: 20_000 });
    await keep(page, 'done-sealed');
    await close(page);
  });

  it('says that there is no result, what to do, and nothing of why', async () => {
    world = await createWorld((contract) => lenient(contract, { maxCopiedWords: 2 }));
    await world.encrypt('notes', FERRY_TEXT);
    const { room } = await world.run();
    const page = await open(room);
    await page.getByText('NO_RESULT').first().waitFor();
    assert.match(await page.title(), /^Refused/);
    assert.doesNotMatch((await page.textContent('body')) ?? '', /LIMIT_REFUSED|SUMMARY_/);
    assert.doesNotMatch((await page.textContent('body')) ?? '', /harbour/);
    await keep(page, 'refused');
    await close(page);
  });

  it('says that it failed, and where', async () => {
    world = await createWorld((contract) => lenient(contract));
    const { room } = await world.run({ giveUpAfterMs: 100 });
    const page = await open(room);
    assert.match(await page.title(), /^Failed/);
    assert.equal(await page.locator('.phases .stopped').count(), 1);
    await keep(page, 'failed');
    await close(page);
  });

  it('fits a phone, in the dark too, and can be read aloud in order', async () => {
    world = await createWorld((contract) => deliveredOnPage(lenient(contract)));
    await world.encrypt('notes', FERRY_TEXT);
    const { room } = await world.run();
    const page = await open(room, { ...PHONE, colorScheme: 'dark' });
    const { width, dark } = await page.evaluate<{ width: number; dark: string }>(
      '({ width: document.documentElement.scrollWidth, dark: getComputedStyle(document.body).backgroundColor })',
    );
    assert.ok(width <= PHONE.viewport.width, `${width} pixels wide`);
    assert.equal(dark, 'rgb(18, 22, 28)');
    assert.equal(await page.getByRole('heading', { level: 1 }).count(), 1);
    assert.equal(await page.getByRole('main').count(), 1);
    const headings = await page.getByRole('heading', { level: 2 }).allTextContents();
    assert.deepEqual(headings, ['Summary', 'Steps', 'How it is made', 'Check it yourself']);
    await page.keyboard.press('Tab');
    assert.equal(await page.evaluate<string>('document.activeElement.tagName'), 'A');
    await keep(page, 'phone-dark');
    await close(page);
  });
});
