import { randomUUID } from 'node:crypto';
import { AvroCodec } from '../../src/common/avro.ts';
import { type ControlCommand, noArguments, type SensorStatus } from '../../src/common/control/records.ts';
import type { ControlRecord, Court } from '../../src/consumer/control/judge.ts';
import type { Sensors } from '../../src/consumer/control/limits.ts';
import { ControlState } from '../../src/consumer/control/state.ts';

/** A command to edge1, with what a test puts in. */
export function controlCommand(given: Partial<ControlCommand> = {}): ControlCommand {
  return {
    id: randomUUID(),
    sensor: 'edge1',
    command: 'set-threshold',
    issuedAt: null,
    expiresAt: null,
    ...noArguments,
    ...given,
  };
}

/** The status of a sensor that runs with its defaults on eth0, with what a test changes in it. */
export function sensorStatus(changed: Partial<SensorStatus> = {}): SensorStatus {
  return {
    sensor: 'edge1',
    state: 'RUNNING',
    time: 1_780_000_000_000,
    startedAt: 1_779_999_000_000,
    version: '0.1.0',
    epoch: '00112233aabbccdd',
    configVersion: -1,
    threshold: 20,
    icmpEnable: false,
    countPolicy: 'attempts',
    idleReset: 3600,
    ignoredPrefixes: 0,
    ownPrefixes: [],
    devices: [{ device: 'eth0', wanted: 'auto', mode: 'driver', programId: 7, problem: null }],
    presentDevices: ['lo', 'eth0', 'eth1'],
    sources: 0,
    maxSources: 65_536,
    ringUsed: 0,
    ringSize: 1_048_576,
    sequence: 0,
    drops: 0,
    statistics: {},
    lastError: null,
    ...changed,
  };
}

export const commandCodec = new AvroCodec<ControlCommand>('control-command');

/** What a test's commands are judged by: alive sensors, no signatures. */
export function court(alive: readonly SensorStatus[] = [], changed: Partial<Court> = {}): Court {
  const sensors: Sensors = {
    status: (sensor) => alive.find((each) => each.sensor === sensor),
    statuses: () => alive,
    isAlive: (sensor) => alive.some((each) => each.sensor === sensor),
  };
  return {
    codec: commandCodec,
    state: new ControlState(),
    sensors,
    authorise: () => undefined,
    now: 1_780_000_000_000,
    ...changed,
  };
}

/** A record of the control topic: a command, JSON or any bytes. */
export function controlRecord(
  value: ControlCommand | string | Buffer | null,
  changed: Partial<ControlRecord> = {},
): ControlRecord {
  const bytes =
    value === null || Buffer.isBuffer(value)
      ? value
      : typeof value === 'string'
        ? Buffer.from(value)
        : commandCodec.encode(value);
  return {
    offset: 0,
    appendedAt: 1_780_000_000_000,
    key: '',
    value: bytes,
    signature: undefined,
    original: { key: null, headers: {} },
    ...changed,
  };
}
