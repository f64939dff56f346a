import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ReportEntry } from '../../src/common/event.ts';
import { AlertDesk, type DeskOptions } from '../../src/consumer/alerts/desk.ts';
import { networks } from '../../src/consumer/alerts/networks.ts';
import { AlertTally } from '../../src/consumer/alerts/tally.ts';
import { keyOf, Report } from '../../src/consumer/report.ts';
import { decoys, fleet } from '../helpers/alerts.ts';
import { FakeAlertTopic } from '../helpers/fake-alert-topic.ts';
import { expiry, nothingSeen, reportEntry } from '../helpers/records.ts';
import { silent } from '../helpers/topics.ts';

const { episode } = reportEntry();
/** At severity 47. */
const many = { verdict: false, score: 0 };

/** A report, a topic, and desks over them. */
class Scene {
  readonly report = new Report(expiry);
  readonly topic = new FakeAlertTopic();
  readonly tally = new AlertTally();
  readonly options: DeskOptions;
  isCurrent = true;
  term: object | undefined = {};
  now = episode + 10_000;
  #offset = 0;
  #desk: AlertDesk;

  constructor(changed: Partial<DeskOptions> = {}) {
    this.options = {
      report: this.report,
      topic: this.topic,
      watch: { observe: () => undefined, due: () => [] },
      term: () => this.term,
      isCurrent: () => this.isCurrent,
      minSeverity: 47,
      isKnown: () => false,
      memory: 7 * 24 * 3600 * 1000,
      tally: this.tally,
      logger: silent,
      ...changed,
    };
    this.#desk = new AlertDesk(this.options);
  }

  /** A record of the report topic is read; null removes the row. */
  row(changed: Partial<ReportEntry>, isRemoved = false): void {
    const entry = reportEntry(changed);
    const record = { partition: 0, offset: this.#offset++, changedAt: this.now };
    this.report.read({ key: keyOf(entry, 0), entry: isRemoved ? null : entry, ...record }, false);
  }

  /** Another instance takes over, with the report as it is. */
  takeover(): void {
    this.#desk = new AlertDesk(this.options);
    this.term = {};
  }

  /** Rounds for longer than an alert waits; what is sent, as "action severity key". */
  async wait(): Promise<string[]> {
    const before = this.topic.sent.length;
    for (let time = 0; time <= 2_500; time += 250) await this.round(250);
    return this.topic.summaries.slice(before);
  }

  async round(after = 0): Promise<void> {
    this.now += after;
    await this.#desk.round(this.now);
  }
}

test('one alert for an episode at its first severity, one at each rise, no other', async () => {
  const scene = new Scene();
  scene.row({ ...many, changeCount: 21 });
  assert.deepEqual(await scene.wait(), ['port-scan-detected 47 192.0.2.1']);
  scene.row({ ...many, changeCount: 30 });
  assert.deepEqual(await scene.wait(), []);
  scene.row({ changeCount: 30 });
  assert.deepEqual(await scene.wait(), ['port-scan-detected 73 192.0.2.1']);
  scene.row({ changeCount: 41 });
  assert.deepEqual(await scene.wait(), []);
  scene.row({ changeCount: 42 });
  assert.deepEqual(await scene.wait(), ['port-scan-detected 99 192.0.2.1']);
  scene.row({ changeCount: 5_000 });
  assert.deepEqual(await scene.wait(), []);
  assert.equal(new Set(scene.topic.sent.map(({ id }) => id)).size, 3);
  assert.equal(new Set(scene.topic.sent.map(({ finding }) => finding)).size, 1);
});

test('a clock that is set back holds up no alert, and repeats none', async () => {
  const scene = new Scene();
  scene.row({ changeCount: 30 });
  assert.deepEqual(await scene.wait(), ['port-scan-detected 73 192.0.2.1']);
  scene.row({ source: '192.0.2.2', changeCount: 30 });
  await scene.round();
  scene.now -= 3_600_000;
  assert.deepEqual(await scene.wait(), ['port-scan-detected 73 192.0.2.2']);
});

test('an alert waits for company, but no longer than two seconds', async () => {
  const scene = new Scene();
  scene.row({});
  await scene.round();
  scene.row({ changeCount: 30 });
  await scene.round(1_999);
  assert.deepEqual(scene.topic.sent, []);
  await scene.round(1);
  assert.equal(scene.topic.sent.length, 1);
});

test('a second scan after a quiet time is alerted again', async () => {
  const scene = new Scene();
  scene.row({});
  await scene.wait();
  scene.row({ episode: episode + 3_700_000, changeCount: 4 });
  assert.deepEqual(await scene.wait(), ['port-scan-detected 73 192.0.2.1']);
});

test('below the least severity nothing is alerted; a known scanner never is above 21', async () => {
  const scene = new Scene({ minSeverity: 73 });
  scene.row(many);
  assert.deepEqual(await scene.wait(), []);
  const low = new Scene({ minSeverity: 21, isKnown: networks(['192.0.2.0/24']) });
  low.row({});
  low.row({ source: '198.51.100.1' });
  assert.deepEqual(await low.wait(), [
    'port-scan-detected 73 198.51.100.1',
    'port-scan-detected 21 192.0.2.1',
  ]);
});

test('whoever takes over alerts nothing again, and all that is due', async () => {
  const scene = new Scene();
  scene.row({ ...many, changeCount: 21 });
  await scene.wait();
  scene.row({ source: '192.0.2.2' });
  scene.takeover();
  assert.deepEqual(await scene.wait(), ['port-scan-detected 73 192.0.2.2']);
  scene.row({ changeCount: 42 });
  assert.deepEqual(await scene.wait(), ['port-scan-detected 99 192.0.2.1'], 'the first count is known, too');
  assert.equal(scene.topic.reads.length, 2);
});

test('nothing is alerted before the report is whole, nor by who is not on duty', async () => {
  const scene = new Scene();
  scene.isCurrent = false;
  scene.row({});
  assert.deepEqual(await scene.wait(), []);
  scene.isCurrent = true;
  scene.term = undefined;
  assert.deepEqual(await scene.wait(), []);
  scene.term = {};
  assert.equal((await scene.wait()).length, 1);
});

test('a new term reads again what has been told meanwhile', async () => {
  const scene = new Scene();
  scene.row({});
  await scene.round();
  const other = new Scene();
  other.row({});
  await other.wait();
  scene.topic.sent.push(...other.topic.sent);
  scene.term = {};
  scene.row({ source: '192.0.2.2' });
  assert.deepEqual(await scene.wait(), ['port-scan-detected 73 192.0.2.2']);
});

test('what Kafka does not take is sent again with the same id', async () => {
  const scene = new Scene();
  scene.row({});
  await scene.round();
  scene.topic.failures.push(new Error('away'));
  await assert.rejects(scene.round(2_000), /away/);
  assert.deepEqual(scene.topic.sent, []);
  await scene.wait();
  const [{ id } = { id: '' }] = scene.topic.sent;
  assert.equal(id, `edge1/00112233aabbccdd/192.0.2.1/${episode}/73`);
  assert.equal(scene.topic.sent.length, 1);
});

test('a row that is gone is not alerted', async () => {
  const scene = new Scene();
  scene.row({});
  await scene.round();
  scene.row({}, true);
  assert.deepEqual(await scene.wait(), []);
});

test('rows that a reset of all has cleared are not alerted', async () => {
  const scene = new Scene();
  scene.row({});
  await scene.round();
  scene.row({ ...nothingSeen, source: '*', episode: episode + 1, ports: [] });
  assert.deepEqual(await scene.wait(), []);
});

test('one source on many sensors is one alert, which speaks again when it is more severe or twice as many', async () => {
  const scene = new Scene();
  for (const { entry } of fleet(4, many)) scene.row(entry);
  assert.deepEqual(await scene.wait(), ['fleet-sweep-detected 47 192.0.2.1']);
  for (const { entry } of fleet(7, many)) scene.row(entry);
  assert.deepEqual(await scene.wait(), [], 'three more members are no news');
  for (const { entry } of fleet(8, many)) scene.row(entry);
  assert.deepEqual(await scene.wait(), ['fleet-sweep-detected 47 192.0.2.1']);
  const [one] = fleet(1);
  scene.row({ ...one?.entry, changeCount: 22 });
  assert.deepEqual(await scene.wait(), ['fleet-sweep-detected 73 192.0.2.1']);
  scene.takeover();
  assert.deepEqual(await scene.wait(), [], 'the group is known by what its members have in common');
  assert.equal(scene.tally.members, 4 + 8 + 8);
});

test('many sources on one target are one alert, not hundreds', async () => {
  const scene = new Scene();
  for (const { entry } of decoys(300)) scene.row(entry);
  scene.row({ source: '203.0.113.1', ports: [9, 8, 7, 6] });
  assert.deepEqual(await scene.wait(), [
    'distributed-scan-detected 73 198.51.100.7',
    'port-scan-detected 73 203.0.113.1',
  ]);
  scene.takeover();
  assert.deepEqual(await scene.wait(), []);
});

test('a group of more members than a function takes arguments is alerted like any other, and forgotten', async () => {
  const scene = new Scene();
  const [decoy] = decoys(1);
  const rows = Array.from({ length: 150_000 }, (_, index) => ({
    ...decoy?.entry,
    source: `10.${index >> 16}.${(index >> 8) & 255}.${index & 255}`,
  }));
  for (const row of rows) scene.row(row);
  assert.deepEqual(await scene.wait(), ['distributed-scan-detected 73 198.51.100.7']);
  for (const row of rows) scene.row(row, true);
  const before = performance.now();
  await scene.round();
  assert.ok(performance.now() - before < 5_000, 'they leave as fast as they came');
});

test('a look at many rows, and an alert of them all, lets the rest of the process have its turns', async () => {
  const scene = new Scene();
  const rows = 5_000;
  for (let index = 0; index < rows; index += 1) scene.row({ sensor: `edge${index}`, source: '10.0.0.1' });
  const look = await turnsDuring(() => scene.round());
  assert.ok(look >= rows / 500, `${look} turns`);
  const alert = await turnsDuring(() => scene.round(2_000));
  assert.deepEqual(scene.topic.summaries, ['fleet-sweep-detected 73 10.0.0.1']);
  assert.ok(alert >= (2 * rows) / 500, `${alert} turns`);
});

/** How often the rest of the process could have done something meanwhile. */
async function turnsDuring(action: () => Promise<void>): Promise<number> {
  let turns = 0;
  const count = () => {
    turns += 1;
    pending = setImmediate(count);
  };
  let pending = setImmediate(count);
  await action();
  clearImmediate(pending);
  return turns;
}

test('decoys that sweep the fleet are alerted once each, not once more by their target', async () => {
  const scene = new Scene();
  for (const sensor of ['edge1', 'edge2', 'edge3']) {
    for (const { entry } of decoys(5, { sensor })) scene.row(entry);
  }
  const alerts = await scene.wait();
  assert.deepEqual(
    alerts.map((alert) => alert.split(' ')[0]),
    new Array(5).fill('fleet-sweep-detected'),
  );
});

test('company that has been alerted alone counts, and is not alerted again', async () => {
  const scene = new Scene();
  const rows = fleet(3);
  const alerts: string[] = [];
  for (const { entry } of rows) {
    scene.row(entry);
    alerts.push(...(await scene.wait()));
  }
  assert.deepEqual(alerts, [
    'port-scan-detected 73 192.0.2.1',
    'port-scan-detected 73 192.0.2.1',
    'fleet-sweep-detected 73 192.0.2.1',
  ]);
});

test('many alerts go in several requests, and a failure between them loses and doubles none', async () => {
  const scene = new Scene();
  const sources = Array.from({ length: 100 }, (_, index) => `203.0.113.${index}`);
  for (const source of sources) scene.row({ source, ports: [source.length, Number(source.slice(10)), 3, 4] });
  await scene.round();
  let sends = 0;
  const send = scene.topic.send.bind(scene.topic);
  scene.topic.send = async (alerts) => {
    sends += 1;
    if (sends === 2) throw new Error('away');
    await send(alerts);
  };
  await assert.rejects(scene.round(2_000), /away/);
  assert.ok(scene.topic.sent.length > 0 && scene.topic.sent.length < 100);
  await scene.wait();
  assert.deepEqual(scene.topic.sent.map(({ key }) => key).toSorted(), sources.toSorted());
});
