import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import type { TopicMessages } from 'kafkajs';
import { AvroCodec } from '../../src/common/avro.ts';
import type {
  ControlResult,
  FoldedCommand,
  SensorConfig,
  SensorStatus,
} from '../../src/common/control/records.ts';
import { TickerError } from '../../src/common/errors.ts';
import { CommandedState } from '../../src/producer/control/commanded.ts';
import { SensorControl } from '../../src/producer/control/control.ts';
import { eventually } from '../helpers/eventually.ts';
import { ownSettings, SimulatedKernel } from '../helpers/simulated-sensor.ts';
import { silent } from '../helpers/topics.ts';

const results = { topic: 'results', codec: new AvroCodec<ControlResult>('control-result') };
const sensors = { topic: 'sensors', codec: new AvroCodec<SensorStatus>('sensor-status') };

/** A sensor's control over a simulated kernel, and what it publishes. Stopped with the test. */
function create(
  t: TestContext,
  { kernel = new SimulatedKernel(), own = ownSettings, acknowledged = Promise.resolve() } = {},
) {
  const commanded = new CommandedState('edge1');
  const config = { commanded, hasCaughtUp: true, lastError: null as string | null };
  const answers: ControlResult[] = [];
  const statuses: SensorStatus[] = [];
  const publisher = {
    async publish(batch: readonly TopicMessages[]): Promise<void> {
      for (const { topic, messages } of batch) {
        for (const { value } of messages) {
          assert.ok(Buffer.isBuffer(value));
          if (topic === 'results') answers.push(await results.codec.decode(value));
          else statuses.push(await sensors.codec.decode(value));
        }
      }
      await acknowledged;
    },
  };
  const control = new SensorControl({
    ...{ sensor: 'edge1', own, kernel, config, publisher, results, sensors, logger: silent },
  });
  const stop = new AbortController();
  t.after(() => stop.abort());
  return {
    ...{ control, kernel, config, answers, statuses },
    run: (lastVersion: number | null) => control.run(lastVersion, stop.signal),
    answered: (count: number) => eventually(`${count} answers`, () => answers.length === count),
    told: (what: string, isSo: (status: SensorStatus) => boolean) =>
      eventually(what, () => {
        const status = statuses.at(-1);
        return status !== undefined && isSo(status);
      }),
  };
}

function command(offset: number, given: Partial<FoldedCommand> = {}): FoldedCommand {
  return { id: `id-${offset}`, command: 'set-icmp', offset, source: null, expiresAt: null, ...given };
}

/** A record with commands, the newest of which gives it its version. */
function configOf(
  sensor: string,
  commands: FoldedCommand[],
  given: Partial<SensorConfig> = {},
): SensorConfig {
  return {
    sensor,
    version: commands.at(-1)?.offset ?? -1,
    threshold: null,
    icmpEnable: null,
    countPolicy: null,
    idleReset: null,
    devices: [],
    commands,
    ...given,
  };
}

test('a sensor that was never there answers what was addressed to it by name, not what was to all', async (t) => {
  const { config, control, run, answers, told } = create(t);
  config.commanded.putConfig(configOf('*', [command(3)], { threshold: { value: 5, offset: 3 } }));
  config.commanded.putConfig(configOf('edge1', [command(1), command(2)]));
  control.begin();
  void run(null);
  await told('all is told', ({ configVersion, threshold }) => configVersion === 3 && threshold === 5);
  assert.deepEqual(
    answers.map(({ commandId, status }) => [commandId, status]),
    [
      ['id-1', 'APPLIED'],
      ['id-2', 'APPLIED'],
    ],
  );
});

test('a sensor that was there answers what is newer than its last status, in the order of the commands', async (t) => {
  const { config, control, run, answers, answered } = create(t);
  config.commanded.putConfig(configOf('*', [command(1), command(4)]));
  config.commanded.putConfig(configOf('edge1', [command(2), command(3), command(5)]));
  control.begin();
  void run(2);
  await answered(3);
  assert.deepEqual(
    answers.map(({ commandId }) => commandId),
    ['id-3', 'id-4', 'id-5'],
  );
});

test('a control topic that begins anew is answered, too', async (t) => {
  const { config, control, run, answers, answered } = create(t);
  control.begin();
  void run(1000);
  config.commanded.putConfig(configOf('edge1', [command(0)]));
  control.update();
  await answered(1);
  assert.equal(answers[0]?.commandId, 'id-0');
});

test('no status counts an answer that Kafka has not acknowledged', async (t) => {
  const { promise: acknowledged, resolve } = Promise.withResolvers<void>();
  const { config, control, run, statuses, answered, told } = create(t, { acknowledged });
  config.commanded.putConfig(configOf('edge1', [command(0)]));
  control.begin();
  void run(-1);
  await answered(1);
  assert.deepEqual(statuses, []);
  resolve();
  await told('the answer is counted', ({ configVersion }) => configVersion === 0);
});

test('a new sensor that ends before its first report counts nothing as answered', async (t) => {
  const { promise: acknowledged, reject } = Promise.withResolvers<void>();
  const { config, control, run, answers, statuses, answered } = create(t, { acknowledged });
  config.commanded.putConfig(configOf('*', [command(3)]));
  config.commanded.putConfig(configOf('edge1', [command(1)]));
  control.begin();
  const ended = run(null);
  await answered(1); // on its way, but Kafka has not taken it
  assert.deepEqual(
    answers.map(({ commandId }) => commandId),
    ['id-1'],
  );
  reject(new Error('stopping'));
  await assert.rejects(ended, /stopping/);
  await control.sayStopped(AbortSignal.timeout(1_000));
  assert.deepEqual(statuses, []);
});

test('a command is answered with what came of it', async (t) => {
  const kernel = new SimulatedKernel();
  kernel.attach = (device) => {
    throw new TickerError(`attach ${device}`, {
      code: device === 'away0' ? 'UNKNOWN_DEVICE' : 'DEVICE_BUSY',
      remedy: '',
    });
  };
  const { config, control, run, answers, answered, told } = create(t, {
    kernel,
    own: { ...ownSettings, devices: [] },
  });
  control.begin();
  void run(-1);
  const devices = [
    { device: 'away0', mode: 'auto', offset: 1 },
    { device: 'busy0', mode: 'auto', offset: 2 },
  ];
  const commands = [
    command(0, { command: 'set-threshold' }),
    ...[1, 2, 3].map((offset) => command(offset, { command: 'attach' })),
    command(4, { command: 'set-threshold' }),
    command(5, { command: 'reset-source', source: '192.0.2.1', expiresAt: 1000 }),
    command(6, { expiresAt: 1000 }),
    command(7, { command: 'explain', source: '192.0.2.1' }),
  ];
  config.commanded.putConfig(configOf('edge1', commands, { devices, threshold: { value: 7, offset: 4 } }));
  control.update();
  await answered(8);
  assert.deepEqual(
    answers.map(({ status }) => status),
    ['APPLIED', 'FAILED', 'FAILED', 'APPLIED', 'APPLIED', 'EXPIRED', 'EXPIRED', 'APPLIED'],
  );
  const reasons = answers.map(({ reason }) => reason ?? '');
  assert.match(reasons[0] ?? '', /a newer command has replaced it/);
  assert.equal(reasons[1], 'waiting for the device');
  assert.match(reasons[2] ?? '', /attach busy0/);
  assert.match(reasons[5] ?? '', /was not done/);
  assert.match(reasons[6] ?? '', /is in force/);
  assert.equal(answers[7]?.explanation?.verdict, 'not-in-table');
  await told('it is degraded', (s) => s.state === 'DEGRADED' && s.lastError === 'attach busy0');
  assert.equal(kernel.numbers.threshold, 7);
});

test('what comes while a report is on its way is not overslept', async (t) => {
  const broker = Promise.withResolvers<void>();
  const { config, control, run, statuses, answers } = create(t, { acknowledged: broker.promise });
  control.begin();
  void run(-1);
  await eventually('a status is on its way', () => statuses.length === 1);
  config.commanded.putConfig(configOf('edge1', [command(0)], { threshold: { value: 7, offset: 0 } }));
  control.update();
  broker.resolve();
  await eventually('it is answered long before the next status is due', () => answers.length === 1, 2_000);
});

test('a new sensor ends with the error of its own device; one that goes on waits for it', (t) => {
  for (const isResumed of [false, true]) {
    const kernel = Object.assign(new SimulatedKernel(), { isResumed });
    kernel.attach = (device) => {
      throw new TickerError(`attach ${device}`, { code: 'UNKNOWN_DEVICE', remedy: '' });
    };
    const { control } = create(t, { kernel });
    if (isResumed) control.begin();
    else assert.throws(() => control.begin(), { code: 'UNKNOWN_DEVICE' });
  }
});

test('before the configuration is known, a sensor that goes on keeps what it was commanded', (t) => {
  const numbers = { threshold: 500, icmpEnable: true, countPolicy: 'all', idleReset: 60 } as const;
  const kernel = Object.assign(new SimulatedKernel(), { isResumed: true, numbers });
  kernel.ignored = new Set(['192.0.2.0/24']);
  kernel.attach('eth7', 'skb');
  const { control, config } = create(t, { kernel });
  config.hasCaughtUp = false;
  control.begin();
  assert.deepEqual([kernel.numbers, [...kernel.ignored]], [numbers, ['192.0.2.0/24']]);
  assert.deepEqual(
    kernel
      .attachments()
      .map(({ device }) => device)
      .sort(),
    ['eth0', 'eth7'],
  );
  config.hasCaughtUp = true;
  control.update();
  assert.deepEqual([kernel.numbers.threshold, kernel.ignored.size], [20, 0]);
  assert.deepEqual(
    kernel.attachments().map(({ device }) => device),
    ['eth0'],
  );
});

test('an older version never replaces a newer one, and a removed record commands nothing', () => {
  const state = new CommandedState('edge1');
  state.putConfig(configOf('edge1', [command(5)]));
  state.putConfig(configOf('edge1', [command(4)]));
  assert.equal(state.own?.version, 5);
  const prefix = { sensor: '*', prefix: '192.0.2.0/24', ignored: true, offset: 9 };
  state.putPrefix(prefix);
  state.putPrefix({ ...prefix, ignored: false, offset: 8 });
  assert.equal(state.allPrefixes.get('192.0.2.0/24')?.ignored, true);
  state.remove({ sensor: 'edge1', prefix: null });
  state.remove({ sensor: '*', prefix: '192.0.2.0/24' });
  assert.deepEqual([state.own, state.allPrefixes.size], [undefined, 0]);
});
