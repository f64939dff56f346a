import assert from 'node:assert/strict';
import { test } from 'node:test';
import { stateNow } from '../../src/common/control/liveness.ts';
import type { SensorStatus } from '../../src/common/control/records.ts';
import { Ledger } from '../../src/consumer/alerts/ledger.ts';
import { SensorWatch } from '../../src/consumer/alerts/sensor-watch.ts';
import type { Conflict } from '../../src/consumer/control/sensors.ts';
import { sensorStatus } from '../helpers/commands.ts';

const start = 1_780_000_000_000;

/** Sensors as a consumer has heard them, and what it has told of them. */
class Scene {
  isCurrent = true;
  now = start;
  ledger = new Ledger();
  /** How often all sensors were looked at. */
  looks = 0;
  conflicts = new Map<string, Conflict>();
  readonly #heard = new Map<string, { status: SensorStatus; heardAt: number }>();
  #watch = new SensorWatch(this);

  says(changed: Partial<SensorStatus> = {}): void {
    const status = sensorStatus({ time: this.now, ...changed });
    this.#heard.set(status.sensor, { status, heardAt: this.now });
  }

  views() {
    this.looks += 1;
    return Array.from(this.#heard.values(), ({ status, heardAt }) => ({
      ...status,
      state: stateNow(status.state, heardAt, this.now),
      age: (this.now - heardAt) / 1000,
    }));
  }

  statuses() {
    return Array.from(this.#heard.values(), ({ status }) => status);
  }

  conflict(sensor: string): Conflict | undefined {
    return this.conflicts.get(sensor);
  }

  /** So many seconds of rounds, each of a second or what is left; what is told, as "action severity". */
  pass(seconds: number, eachSecond: () => void = () => undefined): string[] {
    const told: string[] = [];
    const end = this.now + seconds * 1_000;
    while (this.now < end) {
      this.now = Math.min(this.now + 1_000, end);
      eachSecond();
      this.#watch.observe(this.now);
      for (const alert of this.#watch.due(this.now, this.ledger)) {
        this.ids.push(alert.id);
        told.push(`${alert.action} ${alert.severity}`);
        this.ledger.note(alert.told);
      }
    }
    return told;
  }

  readonly ids: string[] = [];

  /** Another instance, which has just begun to listen. */
  takeover(): void {
    this.#watch = new SensorWatch(this);
  }
}

test('all sensors are looked at once a second, however often it is asked what is due', () => {
  const scene = new Scene();
  scene.says();
  scene.pass(59);
  const looks = scene.looks;
  const told = Array.from({ length: 8 }, () => scene.pass(0.25)).flat();
  assert.equal(scene.looks - looks, 2);
  assert.deepEqual(told, ['sensor-silent 73']);
});

test('a sensor that is UNKNOWN for 30 s is silent, once; when it speaks again it has recovered, once', () => {
  const scene = new Scene();
  scene.says();
  assert.deepEqual(scene.pass(59), []);
  assert.deepEqual(scene.pass(3), ['sensor-silent 73']);
  assert.deepEqual(scene.pass(300), []);
  scene.takeover();
  assert.deepEqual(scene.pass(300), []);
  assert.deepEqual(
    scene.pass(20, () => scene.says()),
    ['sensor-recovered 21'],
  );
  assert.deepEqual(scene.pass(62), ['sensor-silent 73']);
  assert.equal(new Set(scene.ids).size, 3, 'the second time has an id of its own');
});

test('a sensor that has said that it stops is not silent', () => {
  const scene = new Scene();
  scene.says({ state: 'STOPPED' });
  assert.deepEqual(scene.pass(600), []);
});

test('who has not listened for a minute knows of no silence: after a start, an outage of Kafka, a stalled process', () => {
  const scene = new Scene();
  scene.says();
  scene.pass(10);
  scene.isCurrent = false;
  assert.deepEqual(scene.pass(300), []);
  scene.isCurrent = true;
  assert.deepEqual(scene.pass(59), []);
  scene.now += 100_000;
  assert.deepEqual(scene.pass(59), []);
  scene.takeover();
  assert.deepEqual(scene.pass(59), []);
  assert.deepEqual(scene.pass(3), ['sensor-silent 73']);
});

test('lost events are told once, however many follow, and their end after a minute without', () => {
  const scene = new Scene();
  let drops = 0;
  const speaking = () => scene.says({ drops });
  assert.deepEqual(scene.pass(5, speaking), []);
  drops = 3;
  assert.deepEqual(scene.pass(5, speaking), ['events-dropped 47']);
  const rising = () => scene.says({ drops: ++drops });
  assert.deepEqual(scene.pass(100, rising), []);
  assert.deepEqual(scene.pass(62, speaking), ['events-dropped-ended 21']);
  scene.takeover();
  assert.deepEqual(scene.pass(62, speaking), []);
  assert.deepEqual(scene.pass(1, rising), ['events-dropped 47']);
  assert.equal(new Set(scene.ids).size, 3);
});

test('a new epoch begins with no drops, and ends those of the one before', () => {
  const scene = new Scene();
  scene.pass(1, () => scene.says({ drops: 3 }));
  assert.deepEqual(
    scene.pass(5, () => scene.says({ epoch: 'ffffffffffffffff' })),
    ['events-dropped-ended 21'],
  );
  assert.deepEqual(
    scene.pass(5, () => scene.says({ epoch: 'ffffffffffffffff', drops: 1 })),
    ['events-dropped 47'],
  );
});

test('two sensors under one id are told once, until a minute has passed without a turn', () => {
  const scene = new Scene();
  const epochs: [string, string] = ['0000000000000001', '0000000000000002'];
  const byTurns = () => {
    const turn = (scene.now / 1_000) % 2;
    scene.says({ epoch: epochs[turn] ?? '', drops: 5 * turn });
    scene.conflicts.set('edge1', { epochs, since: start, heardAt: scene.now });
  };
  assert.deepEqual(scene.pass(120, byTurns), ['sensor-id-conflict 47'], 'and their drops are not compared');
  scene.takeover();
  assert.deepEqual(scene.pass(10, byTurns), []);
  assert.deepEqual(
    scene.pass(59, () => scene.says({ epoch: epochs[0] })),
    [],
  );
  assert.deepEqual(
    scene.pass(30, () => scene.says({ epoch: epochs[0] })),
    ['sensor-id-conflict-ended 21'],
  );
});

test('who has just begun to listen does not take the silence of a conflict for its end', () => {
  const scene = new Scene();
  scene.says();
  const occurrence = 'a/b/1';
  scene.ledger.note({
    ...{
      about: 'sensor',
      sensor: 'edge1',
      problem: 'sensor-id-conflict',
      occurrence,
      isOpen: true,
      count: 0,
    },
  });
  const speaking = () => scene.says();
  assert.deepEqual(scene.pass(59, speaking), []);
  assert.deepEqual(scene.pass(3, speaking), ['sensor-id-conflict-ended 21']);
});

test('a sensor whose clock and epoch are nonsense is silent like any other', () => {
  const scene = new Scene();
  scene.says({ time: Number.MAX_SAFE_INTEGER, epoch: 'x'.repeat(2_000_000) });
  assert.deepEqual(scene.pass(62), ['sensor-silent 73']);
  assert.ok((scene.ids[0]?.length ?? 0) < 100);
});
