import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { SensorView } from '../../src/consumer/control/sensors.ts';
import { Activity } from '../../src/consumer/page/activity.ts';
import { ignoreForm, thresholdForm } from '../../src/consumer/page/changes.ts';
import { documentOf } from '../../src/consumer/page/document.ts';
import { frontMarkup } from '../../src/consumer/page/front.ts';
import { History } from '../../src/consumer/page/history.ts';
import { html } from '../../src/consumer/page/html.ts';
import { bars, steps } from '../../src/consumer/page/plot.ts';
import { ignoreCommand, rowMarkup } from '../../src/consumer/page/row.ts';
import { storyMarkup } from '../../src/consumer/page/story.ts';
import { emptyReason, verdictOf, type Watch } from '../../src/consumer/page/watch.ts';
import { watchingMarkup } from '../../src/consumer/page/watching.ts';
import { everything } from '../../src/consumer/query.ts';
import { streamDefaults } from '../../src/consumer/stream/route.ts';
import { sensorStatus } from '../helpers/commands.ts';
import { reportEntry } from '../helpers/records.ts';
import { ReportOfTest } from '../helpers/shown-rows.ts';

const now = 1_780_000_000_000;
const hostile = `"><img src=x onerror=alert(1)>'\`&<script>`;

function sensor(changed: Partial<SensorView> = {}): SensorView {
  return { ...sensorStatus(), age: 2, ...changed };
}

function watchOf(...sensors: SensorView[]): Watch {
  return { isConnected: true, sensors, newest: now };
}

test('markup escapes what is put in, and takes lists, markup and nothing', () => {
  const inner = html`<b>${'<'}</b>`;
  assert.equal(
    String(html`<p title="${`"'`}">${[inner, 1, null, false]}</p>`),
    '<p title="&#34;&#39;"><b>&#60;</b>1</p>',
  );
});

test('nothing that a record says becomes markup, anywhere', async () => {
  const scene = new ReportOfTest();
  const evil = {
    sensor: hostile,
    source: hostile,
    kinds: [hostile],
    tool: hostile,
    device: hostile,
    destination: hostile,
  };
  scene.put(evil, now);
  const { rows } = await scene.rows.select(everything, now);
  const device = { device: hostile, wanted: hostile, mode: null, programId: null, problem: hostile };
  const watch = watchOf(
    sensor({ sensor: hostile, devices: [device], lastError: hostile, countPolicy: hostile }),
  );
  const query = { ...streamDefaults, text: hostile };
  const changes = thresholdForm({ isGiven: true }, [hostile]);
  const selection = { rows, matched: 1, total: 1 };
  const pages = [
    frontMarkup({ watch, query, selection, minutes: new Activity().series(now), changes, now }),
    storyMarkup({
      source: hostile,
      rows,
      history: () => [{ at: now, count: 1 }],
      ignoreForm: (id) => ignoreForm({ isGiven: true }, hostile, id),
    }),
    storyMarkup({ source: hostile, rows: [], history: () => [], ignoreForm: () => html`` }),
  ];
  for (const main of pages) {
    const page = documentOf({ title: hostile, main, stream: `/api/stream?q=${hostile}` });
    assert.doesNotMatch(page, /<img|<script>|onerror=alert\(1\)>[^&]*'/);
    assert.match(page, /&#60;img src=x onerror=alert\(1\)&#62;/);
    assert.doesNotMatch(page, /\son\w+="|<style|\sstyle="|javascript:/);
  }
});

test("a row has the original's two columns first, and tells its severity in a word and a shape", () => {
  const scene = new ReportOfTest();
  const row = scene.rows.get(scene.put({ changeCount: 4_312 }, now));
  assert.ok(row !== undefined);
  const cells = String(rowMarkup(row))
    .replaceAll(/<[^>]+>/g, ' ')
    .replaceAll(/\s+/g, ' ')
    .trim();
  assert.match(
    cells,
    /^192\.0\.2\.1 4 312 ◆ high TCP SYN scan – about 22 ports on 1 host in 0\.5 s, 100 % closed edge1 22 /,
  );
});

test('the command that ignores a source can be pasted into a shell', () => {
  assert.equal(ignoreCommand('edge1', '2001:db8::1'), 'ticker_ctl --sensor edge1 -i 2001:db8::1');
  assert.equal(ignoreCommand('a; rm -rf /', "x'y"), `ticker_ctl --sensor 'a; rm -rf /' -i 'x'\\''y'`);
});

const idle = { device: 'eth0', wanted: 'auto', mode: null, programId: null, problem: 'no such device' };
for (const [what, watch, verdict, empty] of [
  [
    'Kafka away',
    { ...watchOf(sensor()), isConnected: false },
    /Kafka cannot be reached/,
    /Kafka cannot be reached/,
  ],
  ['no sensor', watchOf(), /No sensor has said anything yet/, /no sensor .* Start one: port-ticker-producer/],
  [
    'a silent sensor',
    watchOf(sensor({ state: 'UNKNOWN' })),
    /edge1 is silent/,
    /nobody is watching: edge1 is silent/,
  ],
  [
    'a stopped one',
    watchOf(sensor({ state: 'STOPPED' })),
    /Nothing is watched: edge1 stopped/,
    /edge1 stopped/,
  ],
  [
    'no device',
    watchOf(sensor({ devices: [idle] })),
    /Nothing is watched: attach/,
    /ticker_ctl --sensor edge1 -d eth0/,
  ],
  [
    'an impaired one',
    watchOf(sensor({ state: 'DEGRADED' })),
    /edge1 is impaired/,
    /above the threshold \(20\)/,
  ],
  ['losses', watchOf(sensor({ drops: 1 })), /events lost at edge1/, /above the threshold \(20\)/],
] as const) {
  test(`${what}: it says so, and why there is nothing to show`, () => {
    assert.equal(verdictOf(watch).isGood, false);
    assert.match(verdictOf(watch).text, verdict);
    assert.match(emptyReason(watch), empty);
    assert.match(String(watchingMarkup(watch, now)), verdict);
  });
}

test('when all is well it says what is watched', () => {
  assert.deepEqual(verdictOf(watchOf(sensor(), sensor({ sensor: 'edge2' }))), {
    isGood: true,
    text: 'Watching: 2 sensors of 2 on 2 devices, nothing lost.',
  });
});

test('of many sensors those in trouble are shown first, and how many there are', () => {
  const many = Array.from({ length: 60 }, (_, index) => sensor({ sensor: `edge${index}` }));
  const markup = String(watchingMarkup(watchOf(...many, sensor({ sensor: 'zz', state: 'UNKNOWN' })), now));
  assert.ok(markup.indexOf('>zz<') < markup.indexOf('>edge0<'));
  assert.match(markup, /50 of 61 sensors/);
});

test('the history of a count keeps its shape in bounded room, and begins anew with an episode', () => {
  const history = new History();
  for (let count = 1; count <= 10_000; count += 1)
    history.see({ key: 'a', entry: reportEntry({ changeCount: count }), changedAt: now + count });
  const points = history.of('a');
  assert.ok(points.length > 30 && points.length <= 64, `${points.length}`);
  assert.equal(points[0]?.count, 1);
  assert.ok((points.at(-1)?.count ?? 0) > 9_000);
  const { episode } = reportEntry();
  history.see({ key: 'a', entry: reportEntry({ episode: episode + 1, changeCount: 21 }), changedAt: now });
  history.see({ key: 'a', entry: reportEntry({ episode, changeCount: 999_999 }), changedAt: now });
  assert.deepEqual(history.of('a'), [{ at: now, count: 21 }]);
  history.see({ key: 'a', entry: null, changedAt: now });
  assert.deepEqual(history.of('a'), []);
});

test('the history forgets the sources that changed longest ago', () => {
  const history = new History();
  for (let index = 0; index < 5_000; index += 1)
    history.see({ key: `${index}`, entry: reportEntry(), changedAt: now });
  assert.deepEqual(history.of('0'), []);
  assert.equal(history.of('4999').length, 1);
});

test('each source counts once in a minute, however often it changes', () => {
  const activity = new Activity();
  const minute = Math.floor(Date.now() / 60_000) * 60_000;
  for (const [key, changedAt] of [
    ['a', minute - 120_000],
    ['a', minute],
    ['a', minute],
    ['b', minute],
    ['c', minute + 3_600_000],
  ] as const)
    activity.see({ key, entry: reportEntry(), changedAt });
  assert.deepEqual(
    activity
      .series(minute)
      .slice(-3)
      .map(({ count }) => count),
    [1, 0, 3],
  );
});

test('plots have an alternative in words', () => {
  const points = [
    { at: now, count: 21 },
    { at: now + 60_000, count: 42 },
  ];
  assert.match(
    String(bars(points)),
    /role="img" aria-label="Sources that changed in each minute of the last hour: at most 42"/,
  );
  assert.match(String(steps(points, 'Change count')), /aria-label="Change count: 2 points, at most 42"/);
  assert.equal(String(steps([], 'Change count')), '');
});

test('a page that may not change anything says why, and has no form', () => {
  const permission = { isGiven: false, reason: 'not here' } as const;
  assert.equal(String(thresholdForm(permission, ['edge1'])), '');
  assert.equal(String(ignoreForm(permission, '192.0.2.1', 'edge1')), '<p><small>not here</small></p>');
});
