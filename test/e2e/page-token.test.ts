import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { Browser } from 'playwright-core';
import { createKafka } from '../../src/common/kafka/client.ts';
import { createChannels } from '../../src/producer/channels.ts';
import { hasBrowser, openPage, screenshot, startBrowser } from '../helpers/browser.ts';
import { eventually } from '../helpers/eventually.ts';
import { postCommand, token, tokenFile } from '../helpers/http-token.ts';
import { type Kafka, startKafka } from '../helpers/kafka.ts';
import { keyPair, signatureFiles } from '../helpers/keys.ts';
import { freshEvent, pageScene } from '../helpers/page-scene.ts';
import { SimulatedSensor } from '../helpers/simulated-sensor.ts';
import { temporaryDirectory } from '../helpers/temporary-directory.ts';
import { kafkaSettings, silent } from '../helpers/topics.ts';

const skip = hasBrowser || process.env['CI'] !== undefined ? false : 'needs chromium';

let broker: Kafka;
let browser: Browser;
before(async () => {
  [broker, browser] = await Promise.all([startKafka(), startBrowser()]);
});
after(async () => {
  await browser.close();
  await broker.close();
});

test('with a token: who has it reads, and commands the sensors; who has not sees a form', {
  skip,
}, async (t) => {
  const { prefix, write, consumer } = await pageScene(t, broker.brokers);
  const settings = kafkaSettings(broker.brokers, prefix);
  const connect = () => createKafka(settings, silent, 'edge1');
  const sensor = new SimulatedSensor('edge1', connect, settings.kafka.brokers, createChannels(settings));
  t.after(() => sensor.close());
  await sensor.start();
  const service = await consumer({ HTTP_TOKEN_FILE: tokenFile(t) });
  await write.events(freshEvent());
  const { page, context } = await openPage(t, browser);
  const post = (headers: Record<string, string>, body: object) => postCommand(service.url, body, headers);
  const setThreshold = { sensor: 'edge1', command: 'set-threshold', threshold: 7 };
  const authorization = `Bearer ${token}`;

  await t.test('without it nothing is shown but the form', async () => {
    await page.goto(service.url);
    assert.match((await page.locator('main').textContent()) ?? '', /This server wants the token/);
    assert.doesNotMatch(await page.content(), /192\.0\.2\.1|edge1/);
    await page.goto(`${service.url}/source/192.0.2.1`);
    assert.doesNotMatch(await page.content(), /TCP SYN scan|edge1/);
    for (const path of ['/api/report', '/api/report.csv', '/api/stream', '/api/sensors'])
      assert.equal((await fetch(service.url + path)).status, 401, path);
    await screenshot(page, 'sign-in');
  });

  await t.test('a wrong one is refused', async () => {
    await page.goto(service.url);
    await page.getByLabel('Token').fill('not the token at all');
    await page.keyboard.press('Enter');
    await page.getByText('That was not the token').waitFor();
    assert.deepEqual(await context.cookies(), []);
  });

  await t.test('the right one opens the page, live, and its exports', async () => {
    await page.getByLabel('Token').fill(token);
    await page.keyboard.press('Enter');
    await page.locator('#report tr[data-key="edge1/192.0.2.1"]').waitFor();
    const [cookie] = await context.cookies();
    assert.deepEqual([cookie?.httpOnly, cookie?.sameSite], [true, 'Strict']);
    assert.ok(cookie !== undefined && !cookie.value.includes(token));
    await write.events(freshEvent({ source: '192.0.2.2' }));
    await page.locator('#report tr[data-key="edge1/192.0.2.2"]').waitFor();
    const download = page.waitForEvent('download');
    await page.getByRole('link', { name: 'CSV' }).click();
    await (await download).path();
  });

  await t.test('a threshold goes to the sensor, and its answer is shown', async () => {
    await page.getByLabel('Threshold').fill('200');
    await page.getByRole('button', { name: 'Set' }).click();
    await page.getByText('edge1: applied').waitFor({ timeout: 15_000 });
    assert.equal(sensor.kernel.numbers.threshold, 200);
    await screenshot(page, 'changed');
  });

  await t.test('a source is ignored from its story', async () => {
    await page.getByRole('link', { name: '192.0.2.1', exact: true }).click();
    await page.getByRole('button', { name: 'Ignore 192.0.2.1 at edge1' }).click();
    await page.getByText('edge1: applied').waitFor({ timeout: 15_000 });
    assert.deepEqual([...sensor.kernel.ignored], ['192.0.2.1/32']);
  });

  await t.test('a command needs the token itself, and comes from no other origin', async () => {
    const cookie = (await context.cookies()).map(({ name, value }) => `${name}=${value}`).join('; ');
    assert.equal((await fetch(`${service.url}/api/report`, { headers: { cookie } })).status, 200);
    assert.equal((await post({ cookie }, setThreshold)).status, 401);
    assert.equal((await post({ authorization: 'Bearer wrong' }, setThreshold)).status, 401);
    for (const origin of ['https://evil.example', 'null', 'http://127.0.0.1:1'])
      assert.equal((await post({ authorization, origin }, setThreshold)).status, 403, origin);
    assert.equal(sensor.kernel.numbers.threshold, 200);
  });

  for (const [what, body, problem] of [
    ['no sensor', { ...setThreshold, sensor: 5 }, /the sensor is missing/],
    ['a threshold that is none', { ...setThreshold, threshold: -1 }, /threshold -1 is out of range/],
    ['another command', { sensor: 'edge1', command: 'clear-report' }, /other commands are for ticker_ctl/],
    ['an address that is none', { sensor: 'edge1', command: 'ignore-add', source: 'x' }, /no address prefix/],
  ] as const) {
    await t.test(`${what} is refused with what is wrong`, async () => {
      const response = await post({ authorization }, body);
      assert.equal(response.status, 400);
      assert.match(await response.text(), problem);
    });
  }

  await t.test('with Kafka away the page says so, and goes on by itself', async () => {
    await page.goto(service.url);
    await broker.kill();
    await page.getByText(/^Not up to date since .*: Kafka cannot be reached/).waitFor({ timeout: 30_000 });
    await screenshot(page, 'kafka-away');
    await broker.restart();
    await eventually('the banner is gone', () => page.locator('#stale').isHidden(), 60_000);
  });
});

test('without a token, and with signatures required, the page changes nothing and says why', async (t) => {
  const folder = temporaryDirectory('port-ticker-keys-');
  t.after(() => folder.remove());
  const required = signatureFiles(folder.path, keyPair('ops'), keyPair('consumer'));
  for (const [settings, reason] of [
    [{}, /need PORT_TICKER_HTTP_TOKEN_FILE/],
    [{ ...required, HTTP_TOKEN_FILE: tokenFile(t) }, /have to be signed/],
  ] as const) {
    const { consumer } = await pageScene(t, broker.brokers);
    const service = await consumer(settings);
    const headers = { authorization: `Bearer ${token}` };
    const response = await postCommand(service.url, {}, headers);
    assert.equal(response.status, 403);
    assert.match(await response.text(), reason);
    assert.doesNotMatch(await (await fetch(service.url, { headers })).text(), /<form class="change"/);
  }
});
