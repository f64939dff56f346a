import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';

/** Writes lines to a topic as kcat does, each a record: what kafkajs cannot, or will not, write. */
export async function kcat(
  brokers: string,
  topic: string,
  lines: string,
  args: readonly string[] = [],
): Promise<void> {
  const child = spawn('kcat', ['-P', '-b', brokers, '-t', topic, ...args], {
    stdio: ['pipe', 'inherit', 'inherit'],
  });
  child.stdin.end(lines);
  assert.deepEqual(await once(child, 'exit'), [0, null]);
}
