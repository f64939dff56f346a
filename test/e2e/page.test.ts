/* Long, because a browser takes seconds to start: one page lives through all of it. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { after, before, type TestContext, test } from 'node:test';
import { gzipSync } from 'node:zlib';
import type { Browser, Page, Response } from 'playwright-core';
import { hasBrowser, openPage, screenshot, startBrowser } from '../helpers/browser.ts';
import { eventually } from '../helpers/eventually.ts';
import { sharedKafka } from '../helpers/kafka.ts';
import { freshEvent, pageScene } from '../helpers/page-scene.ts';
import { countUpdate } from '../helpers/records.ts';

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const skip = hasBrowser || process.env['CI'] !== undefined ? false : 'needs chromium';
/** All that a browser fetches for the page, gzipped; bytes. */
const mostBytes = 60_000;

let broker: Awaited<ReturnType<typeof sharedKafka>>;
let browser: Browser;
before(async () => {
  [broker, browser] = await Promise.all([sharedKafka(), startBrowser()]);
});
after(async () => {
  await browser.close();
  await broker.close();
});

const open = (t: TestContext, options: Parameters<typeof openPage>[2] = {}) => openPage(t, browser, options);

/** What can be seen of it: a hidden element has an inner text, too. */
async function text(page: Page, selector: string): Promise<string> {
  const shown = page.locator(selector).filter({ visible: true });
  return (await shown.allInnerTexts()).join('\n').replaceAll('\u202f', ' ').trim();
}

async function says(page: Page, selector: string, pattern: RegExp, deadline = 10_000): Promise<void> {
  let last = '';
  await eventually(
    `${selector} says ${pattern}`,
    async () => {
      last = await text(page, selector);
      return pattern.test(last);
    },
    deadline,
  ).catch((error: Error) => {
    throw new Error(`${error.message}; it says: ${last}`);
  });
}

async function sources(page: Page): Promise<string[]> {
  return page.locator('#report tr[data-key] .source a').allInnerTexts();
}

async function gzippedSize(response: Response): Promise<number> {
  return gzipSync(await response.body(), { level: 6 }).length;
}

async function isAccessible(page: Page): Promise<void> {
  await page.evaluate(axe);
  const { violations } = await page.evaluate<{
    violations: { id: string; nodes: { html: string; failureSummary: string }[] }[];
  }>('axe.run(document)');
  const found = violations.map(({ id, nodes }) => `${id}: ${nodes[0]?.html} ${nodes[0]?.failureSummary}`);
  assert.deepEqual(found, []);
}

test('the page, from nothing to a sensor that is lost', { skip }, async (t) => {
  const { say, write, consumer } = await pageScene(t, broker.brokers);
  const service = await consumer();
  const { page, troubles } = await open(t);
  await page.goto(service.url);
  let lastWord = 0;

  await t.test('without a sensor it says so', async () => {
    await says(page, '#empty', /no sensor has said anything yet\. Start one: port-ticker-producer/);
    await says(page, '#watching', /No sensor has said anything yet/);
    await isAccessible(page);
    await screenshot(page, 'empty');
  });

  await t.test('a sensor that comes is shown, and one that watches nothing is said to', async () => {
    const idle = { device: 'eth0', wanted: 'auto', mode: null, programId: null, problem: 'no such device' };
    await say({ sensor: 'edge1', devices: [idle] });
    await says(
      page,
      '#empty',
      /nothing is watched: attach a device, for example ticker_ctl --sensor edge1 -d eth0/,
    );
    lastWord = Date.now();
    await say({ sensor: 'edge1', sources: 1_311 }, { sensor: 'edge2' });
    await says(page, '#watching', /Watching: 2 sensors of 2 on 2 devices, nothing lost/);
    await says(page, '#watching', /edge1\s+● up\s+eth0 driver\s+20 attempts\s+1 311 of 65 536/);
    await says(page, '#empty', /no source is above the threshold \(20\)/);
  });

  await t.test('a source that scans is there within a second, and its count follows', async () => {
    const row = page.locator('#report tr[data-key="edge1/192.0.2.1"]');
    await write.events(freshEvent());
    await row.waitFor({ timeout: 1_000 });
    assert.match(
      await text(page, '#group-0'),
      /^Scanning now\s+192\.0\.2\.1\s+21\s+◆ high\s+TCP SYN scan – about 22 ports on 1 host/,
    );
    await says(page, '#counts', /^1 source$/);
    await says(page, '#status', /^New: 192\.0\.2\.1$/);
    await row.locator('a').focus();
    await write.events(
      countUpdate({ changeCount: 4_312, lastChange: Date.now(), episode: Date.now() - 4_000 }),
    );
    await says(page, '#report td.count', /^4 312$/, 3_000);
    assert.equal(await page.evaluate('document.activeElement.textContent'), '192.0.2.1');
  });

  const harmless = { verdict: false, distinctPorts: 5 };
  await t.test('it sorts and filters, by mouse and by keyboard', async () => {
    await write.events(
      freshEvent({ source: '192.0.2.10', changeCount: 50, sensor: 'edge2', ...harmless }),
      freshEvent({ source: '2001:db8::5', changeCount: 90_000, distinctPorts: 300 }),
    );
    await says(page, '#counts', /^3 sources$/);
    await page.getByRole('button', { name: 'Change count' }).click();
    await page.waitForURL(/sort=-count/);
    assert.deepEqual(await sources(page), ['2001:db8::5', '192.0.2.1', '192.0.2.10']);
    assert.equal(await page.locator('th.count').getAttribute('aria-sort'), 'descending');
    await page.keyboard.press('Enter'); // the button has kept the focus
    await page.waitForURL(/sort=count/);
    assert.deepEqual(await sources(page), ['192.0.2.10', '192.0.2.1', '2001:db8::5']);
    assert.equal(await page.locator('th.count').getAttribute('aria-sort'), 'ascending');

    await page.getByLabel('Source or sensor').fill('edge2');
    await page.keyboard.press('Enter');
    await page.waitForURL(/q=edge2/);
    await says(page, '#counts', /^1 source, filtered from 3$/);
    await write.events(
      freshEvent({ source: '192.0.2.11', changeCount: 60, sensor: 'edge2', ...harmless }),
      freshEvent({ source: '192.0.2.12', changeCount: 60 }),
    );
    await says(page, '#counts', /^2 sources, filtered from/);
    assert.deepEqual(await sources(page), ['192.0.2.10', '192.0.2.11']);
    await page.getByLabel('Severity').selectOption('high');
    await page.getByRole('button', { name: 'Filter' }).click();
    await says(page, '#unmatched', /No source matches the filter/);
    await page.waitForURL(/severity=/);
    await page.goBack();
    await says(page, '#counts', /^2 sources, filtered from/);
  });

  await t.test('what is filtered is exported', async () => {
    await page.goto(`${service.url}/?q=edge2&sort=count`);
    for (const [name, pattern] of [
      ['CSV', /^source,changeCount,.*\r\n"192\.0\.2\.10",50,"edge2",21,.*\r\n"192\.0\.2\.11",60,.*\r\n$/],
      ['JSON', /^\{"entries":\[\{"sensor":"edge2","source":"192\.0\.2\.10"/],
    ] as const) {
      const download = page.waitForEvent('download');
      await page.getByRole('link', { name }).click();
      assert.match(readFileSync(await (await download).path(), 'utf8'), pattern);
    }
  });

  await t.test('a row has the command that ignores it', async () => {
    await page.goto(service.url);
    await page.context().grantPermissions(['clipboard-read', 'clipboard-write']);
    await page.getByRole('button', { name: 'Copy the command that ignores 192.0.2.10' }).click();
    await says(page, '#status', /^Copied: ticker_ctl --sensor edge2 -i 192\.0\.2\.10$/);
    assert.equal(
      await page.evaluate('navigator.clipboard.readText()'),
      'ticker_ctl --sensor edge2 -i 192.0.2.10',
    );
  });

  await t.test('while it is paused nothing moves', async () => {
    await page.getByRole('button', { name: 'Pause' }).click();
    const before = await sources(page);
    await write.events(freshEvent({ source: '192.0.2.13' }));
    await service.until('the report has it', async () =>
      (await service.get('/api/report')).includes('192.0.2.13'),
    );
    assert.deepEqual(await sources(page), before);
    await page.getByRole('button', { name: 'Go on' }).click();
    await page.locator('#report tr[data-key="edge1/192.0.2.13"]').waitFor();
  });

  await t.test('the story of a source is a key away, and follows it', async () => {
    await page.getByRole('link', { name: '192.0.2.10' }).focus();
    await page.keyboard.press('Enter');
    await page.waitForURL(/\/source\/192\.0\.2\.10$/);
    await says(page, '.summary', /^TCP SYN scan from 192\.0\.2\.10: 5 ports on 1 host/);
    await says(page, 'dl', /Why\s+50 changes of the port > 20/);
    await write.events(freshEvent({ source: '192.0.2.10', changeCount: 777, sensor: 'edge2', ...harmless }));
    await says(page, 'dl', /Change count\s+777, the threshold is 20/);
    assert.ok(await page.getByRole('img', { name: /^Change count of edge2/ }).isVisible());
    assert.match(await text(page, '.story'), /Changes from this page need PORT_TICKER_HTTP_TOKEN_FILE/);
    await isAccessible(page);
    await screenshot(page, 'story');
  });

  await t.test('the switch makes it dark, and light, and remembers', async () => {
    await page.goto(service.url);
    const paper = () => page.evaluate<string>('getComputedStyle(document.body).backgroundColor');
    const bright = await paper();
    const theme = page.getByRole('button', { name: 'Theme' });
    await theme.click();
    assert.equal(await paper(), bright);
    await theme.click();
    assert.notEqual(await paper(), bright);
    await page.reload();
    assert.match((await theme.textContent()) ?? '', /dark/);
    assert.notEqual(await paper(), bright);
    await theme.click();
    assert.equal(await paper(), bright);
  });

  for (const [name, options] of [
    ['light', { viewport: { width: 1280, height: 900 } }],
    ['dark', { viewport: { width: 1280, height: 900 }, colorScheme: 'dark' }],
    ['phone', { viewport: { width: 360, height: 780 }, hasTouch: true }],
  ] as const) {
    await t.test(`${name}: no finding of axe, and nothing is wider than the screen`, async (t) => {
      const other = await open(t, options);
      await other.page.goto(service.url);
      await says(other.page, '#counts', /sources$/);
      await isAccessible(other.page);
      const { width } = options.viewport;
      assert.ok(Number(await other.page.evaluate('document.documentElement.scrollWidth')) <= width);
      await screenshot(other.page, name);
      assert.deepEqual(other.troubles, []);
    });
  }

  await t.test('without JavaScript it can be read, sorted and filtered', async (t) => {
    const { page: plain } = await open(t, { javaScriptEnabled: false });
    await plain.goto(service.url);
    await plain.getByRole('button', { name: 'Source IP' }).click();
    assert.deepEqual((await sources(plain)).slice(0, 2), ['192.0.2.1', '192.0.2.10']);
    await plain.getByLabel('Source or sensor').fill('2001:db8');
    await plain.getByRole('button', { name: 'Filter' }).click();
    assert.deepEqual(await sources(plain), ['2001:db8::5']);
    await plain.getByRole('link', { name: '2001:db8::5' }).click();
    await says(plain, 'h1', /^2001:db8::5$/);
    assert.equal(await plain.locator('button:visible').count(), 0);
  });

  await t.test('all that a browser fetches is small', async (t) => {
    const other = await open(t);
    const answers = new Map<string, Response>();
    other.page.on('response', (response) => answers.set(new URL(response.url()).pathname, response));
    await other.page.goto(service.url, { waitUntil: 'load' });
    await eventually(
      'all is there',
      () => answers.has('/assets/times.js') && answers.has('/assets/page.css'),
    );
    answers.delete('/api/stream');
    const sizes = await Promise.all([...answers.values()].map(gzippedSize));
    const total = sizes.reduce((sum, size) => sum + size, 0);
    t.diagnostic(`${total} bytes gzipped in ${sizes.length} answers`);
    assert.ok(total <= mostBytes, `${total}: ${[...answers.keys()]}`);
  });

  await t.test('a sensor that falls silent is missed', async () => {
    await page.goto(service.url);
    await page.getByRole('button', { name: 'Pause' }).waitFor();
    await says(page, '#watching', /edge1, edge2 are silent: no word for more than 30 s/, 40_000);
    assert.ok(Date.now() - lastWord >= 30_000);
    await screenshot(page, 'sensor-lost');
    await say({ sensor: 'edge1' }, { sensor: 'edge2', drops: 3 });
    await says(page, '#watching', /Watching: 2 sensors of 2 on 2 devices, events lost at edge2/);
  });

  assert.deepEqual(troubles, []);
  await t.test('a consumer that is gone is missed, too', async () => {
    await service.crash();
    await says(page, '#stale', /^Not up to date since .*: the consumer cannot be reached/);
    await isAccessible(page);
  });
});

test('10 000 sources: 200 are drawn, searched on the server, and changes do not stop the page', {
  skip,
}, async (t) => {
  const { write, consumer } = await pageScene(t, broker.brokers);
  const service = await consumer();
  const source = (index: number) => `198.18.${index >> 8}.${index & 255}`;
  const events = (count: number, changeCount: number) =>
    Array.from({ length: count }, (_, index) =>
      freshEvent({ source: source(index), changeCount: changeCount + index, episode: 1_780_000_000_000 }),
    );
  for (let from = 0; from < 10_000; from += 2_500)
    await write.events(...events(10_000, 100).slice(from, from + 2_500));
  await service.until(
    'all are there',
    async () => (await service.get('/api/report?limit=0')).includes('"total":10000'),
    30_000,
  );

  const { page, troubles } = await open(t);
  await page.goto(service.url);
  assert.equal((await sources(page)).length, 200);
  await says(page, '#counts', /^200 of 10 000 sources$/);
  await screenshot(page, 'ten-thousand');

  await page.evaluate(`globalThis.longest = 0;
    new PerformanceObserver((list) => { for (const { duration } of list.getEntries()) longest = Math.max(longest, duration); })
      .observe({ entryTypes: ['longtask'] })`);
  for (let round = 1; round <= 3; round += 1) await write.events(...events(1_000, 100_000 * round));
  await says(page, '#report td.count', /^300 999$/m, 15_000);
  const longest = Number(await page.evaluate('longest'));
  t.diagnostic(`the longest task of the page took ${Math.round(longest)} ms`);
  assert.ok(longest < 1_000, `${longest} ms`);
  assert.equal((await sources(page)).length, 200);

  await page.getByLabel('Source or sensor').fill('198.18.39.1');
  await page.keyboard.press('Enter');
  await says(page, '#counts', /^7 sources, filtered from 10 000$/);
  assert.equal((await sources(page))[0]?.startsWith('198.18.39.1'), true);
  assert.deepEqual(troubles, []);
});
