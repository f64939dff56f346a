import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Cleanup } from '../../test/helpers/cleanup.ts';
import type { Kafka } from '../../test/helpers/kafka.ts';
import { makeTopics } from '../../test/helpers/topics.ts';
import { processorTime } from './processor-time.ts';
import { until } from './until.ts';

const fleetChild = join(import.meta.dirname, '../../test/helpers/fleet-child.ts');
/** Their topics are new: a sensor that starts reads what all of them have said so far. */
const prefix = 'connected';
const topicNames = ['events', 'control', 'control-results', 'config', 'sensors'] as const;
const sensors = 100;
/** A multiple of the interval of statuses; ms. */
const span = 10_000;

/** What one sensor that is connected and has nothing to say but its status is to a broker. */
export interface Connected {
  /** ms of processor time a second. */
  broker: number;
  connections: number;
}

/** Connects sensors to a broker on which little else happens. Their kernel part is simulated, their connections are not. */
export async function connectSensors(t: Cleanup, kafka: Kafka): Promise<Connected> {
  await makeTopics(kafka.brokers, prefix, topicNames);
  const [socketsBefore, alone] = [sockets(kafka.pid), await takenIn(kafka.pid, span)];
  const child = spawn(process.execPath, [fleetChild, kafka.brokers, prefix, '0', String(sensors)], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  t.after(() => child.kill('SIGKILL'));
  let output = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    output += text;
  });
  await until('all sensors report', () => output.includes('ready\n'));
  const together = await takenIn(kafka.pid, span);
  const connections = (sockets(kafka.pid) - socketsBefore) / sensors;
  child.kill('SIGKILL');
  await once(child, 'close');
  return { broker: (together - alone) / sensors, connections };
}

/** ms of processor time a second. */
async function takenIn(pid: number, time: number): Promise<number> {
  const [before, began] = [processorTime(pid), performance.now()];
  await sleep(time);
  return (1_000 * (processorTime(pid) - before)) / (performance.now() - began);
}

function sockets(pid: number): number {
  const folder = `/proc/${pid}/fd`;
  return readdirSync(folder).filter((each) => isSocket(join(folder, each))).length;
}

/** A descriptor may be closed between listing and looking. */
function isSocket(path: string): boolean {
  try {
    return readlinkSync(path).startsWith('socket:');
  } catch {
    return false;
  }
}
