import assert from 'node:assert/strict';
import { after, before, describe, type TestContext, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import type { SensorStatus } from '../../src/common/control/records.ts';
import { ensureTopics } from '../../src/common/kafka/topics.ts';
import { type Cleanup, lastFirst } from '../helpers/cleanup.ts';
import { eventually } from '../helpers/eventually.ts';
import { isFull } from '../helpers/full.ts';
import { Inspector, inspectable } from '../helpers/inspector.ts';
import { type Kafka, startKafka } from '../helpers/kafka.ts';
import { unprivileged } from '../helpers/privileged.ts';
import { type Resources, resourcesOf } from '../helpers/resources.ts';
import {
  portChanges,
  reportRow,
  ScanStack,
  scanner4,
  sensorStatus,
  target4,
  untilStatus,
} from '../helpers/scan-stack.ts';
import { Service } from '../helpers/service.ts';
import { kafkaClient, kafkaSettings } from '../helpers/topics.ts';

/** In full long enough for pauses of 15 s, the longest: a longer outage only has more of them. */
const outage = isFull ? 120 : 20;
const samples = isFull ? 12 : 4;
/** What may come on top during it, MB: code that V8 compiles, lines that are logged. */
const allowance = { resident: 20, heap: 3, external: 2 };
/** A pause between two attempts, and what follows; ms. */
const patience = 60_000;

describe('what happens to Kafka under the running programs', { skip: unprivileged }, () => {
  const cleanup = lastFirst({ after });
  let kafka: Kafka;
  let stack: ScanStack;
  let programs: Watched[];
  before(async () => {
    kafka = await startKafka();
    cleanup.after(() => kafka.close());
    stack = await ScanStack.create(cleanup, kafka.brokers);
    programs = [
      await Watched.start(cleanup, 'producer', stack),
      await Watched.start(cleanup, 'consumer', stack),
    ];
    await Promise.all(programs.map(({ service }) => service.ready()));
  });

  const changes = async () => (await reportRow(consumer(), scanner4))?.changeCount ?? 0;
  const consumer = () => {
    const found = programs.find(({ name }) => name === 'consumer');
    assert.ok(found !== undefined);
    return found.service;
  };

  test(`away for ${outage} s: nothing grows, nobody ends, and all debts are paid unaided`, async (t) => {
    const capture = await stack.capture();
    await stack.nmap(target4, '-sS', '-p1-100');
    await consumer().until('the first scan is reported', async () => (await changes()) >= 99);
    await kafka.stop();
    for (const program of programs) {
      const isWaiting = async () => !(await program.isReady());
      await program.service.until(`the ${program.name} is not ready`, isWaiting, patience);
    }
    for (let sample = 0; sample < samples; sample += 1) {
      const from = 1000 + 1000 * sample;
      const pause = sleep((outage * 1000) / samples);
      await stack.nmap(target4, '-sS', `-p${from}-${from + 99}`);
      await pause;
      for (const program of programs) await program.sample();
    }
    for (const program of programs) {
      assert.equal(program.service.program.isRunning, true);
      assert.equal(await program.isReady(), false);
      program.assertFlat(t);
    }

    await kafka.restart();
    const expected = portChanges(await capture.frames(), scanner4);
    await consumer().until(
      `${expected} changes are reported`,
      async () => (await changes()) === expected,
      patience,
    );
    for (const program of programs) {
      await program.service.until('it is ready', () => program.isReady(), patience);
      assert.doesNotMatch(program.service.program.stdout, /trying again in (1[6-9]|[2-9]\d)/);
    }
  });

  test('topics that are deleted are named, and made anew they are filled as before', async (t) => {
    const prefix = stack.settings['TOPIC_PREFIX'] ?? '';
    const names = ['events', 'config', 'sensors', 'control-results'] as const;
    await stack.command('--sensor', 'edge1', '-t', '30');
    const admin = kafkaClient(kafka.brokers).admin();
    await admin.connect();
    t.after(() => admin.disconnect());
    await admin.deleteTopics({ topics: names.map((name) => `${prefix}.${name}`) });
    await stack.nmap(target4, '-sS', '-p20000-20099');
    for (const { name, service } of programs) {
      const says = () =>
        /has no topic .*\.\w+.* – create it, or restart port-ticker-consumer/.test(service.program.stdout);
      await service.until(`the ${name} names it`, says, patience);
    }
    const known = await changes();
    await eventually('the topics are there again', () =>
      ensureTopics(admin, kafkaSettings(kafka.brokers, prefix), names).then(
        () => true,
        () => false,
      ),
    );
    const made = Date.now();
    await consumer().until('the scan is reported', async () => (await changes()) >= known + 99, patience);
    // What was commanded is in force, and what is commanded now is done and answered.
    const isHeard = ({ state, time }: SensorStatus) => state === 'RUNNING' && time > made;
    await untilStatus(consumer(), 'the sensor is heard', isHeard, patience);
    assert.equal((await sensorStatus(consumer()))?.threshold, 30);
    assert.match(await stack.command('--sensor', 'edge1', '--timeout', '60', '-t', '40'), /applied/);
    await untilStatus(consumer(), 'it says so', ({ threshold }) => threshold === 40);
  });
});

/** A program whose resources are looked at again and again. */
class Watched {
  readonly name: string;
  readonly service: Service;
  readonly #inspector: Inspector;
  readonly #samples: Resources[] = [];

  static async start(cleanup: Cleanup, name: 'producer' | 'consumer', stack: ScanStack): Promise<Watched> {
    const service = new Service(cleanup, name, stack.settings, [], inspectable);
    return new Watched(name, service, await Inspector.of(cleanup, service.program));
  }

  private constructor(name: string, service: Service, inspector: Inspector) {
    this.name = name;
    this.service = service;
    this.#inspector = inspector;
  }

  async isReady(): Promise<boolean> {
    return (await this.service.get('/readyz')) !== '';
  }

  async sample(): Promise<void> {
    this.#samples.push(await resourcesOf(this.service.program.pid, this.#inspector));
  }

  assertFlat(t: TestContext): void {
    const [first, last] = [this.#samples[0], this.#samples.at(-1)];
    assert.ok(first !== undefined && last !== undefined);
    for (const name of ['resident', 'heap', 'external', 'files', 'handles'] as const) {
      const line = this.#samples.map((each) => Math.round(each[name] * 10) / 10).join(' ');
      t.diagnostic(`${this.name} ${name}: ${line}`);
    }
    for (const name of ['resident', 'heap', 'external'] as const) {
      assert.ok(last[name] - first[name] <= allowance[name], `${this.name}: ${name} has grown`);
    }
    // An attempt has its socket and its timers for a moment.
    for (const name of ['files', 'handles'] as const) {
      const least = Math.min(...this.#samples.slice(-Math.ceil(samples / 2)).map((each) => each[name]));
      assert.ok(least <= first[name] + 1, `${this.name}: ${name} have grown`);
    }
  }
}
