import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { AvroCodec } from '../../src/common/avro.ts';
import type { ControlResult, ControlStatus } from '../../src/common/control/records.ts';
import { readToEnd } from '../../src/common/kafka/reader.ts';
import { type Block, examplesIn, fencedBlocks } from '../helpers/page.ts';
import { privilegedTest } from '../helpers/privileged.ts';
import { device, ScanStack } from '../helpers/scan-stack.ts';
import { kafkaClient } from '../helpers/topics.ts';

const root = join(import.meta.dirname, '../..');

privilegedTest('the examples of docs/control.md work as they stand there', async (t) => {
  const stack = await ScanStack.create(t);
  const consumer = stack.consumer();
  const producer = stack.producer({ DEVICES: '' });
  await Promise.all([consumer.ready(), producer.ready()]);

  const blocks = fencedBlocks(inPlace(readFileSync(join(root, 'docs/control.md'), 'utf8'), stack));
  const { directory } = stack.sandbox;
  writeFileSync(join(directory, 'command.py'), textOf(blocks, 'python'));
  writeFileSync(join(directory, 'ticker_ctl'), `#!/bin/sh\nexec node ${root}/src/ctl/main.js "$@"\n`, {
    mode: 0o755,
  });
  symlinkSync(join(root, 'schemas'), join(directory, 'schemas'));

  const outputs = await runAll(
    blocks.filter(({ language }) => language === 'sh').map(({ text }) => text),
    directory,
  );
  for (const [index, { expected, text }] of examplesIn(blocks).entries()) {
    if (expected !== undefined) assert.equal(trimmed(outputs[index] ?? ''), trimmed(expected), text);
  }
  await assertAllApplied(stack);
  const { threshold, icmpEnable, ignoredPrefixes, devices } = JSON.parse(await consumer.get('/api/sensors'))
    .sensors[0];
  assert.deepEqual([threshold, icmpEnable, ignoredPrefixes], [20, true, 2]);
  assert.deepEqual(
    devices.map(({ mode }: { mode: string }) => mode),
    ['skb'],
  );
});

/** Every command that an example has written was accepted, and applied by the sensor. */
async function assertAllApplied({ settings }: ScanStack): Promise<void> {
  const { KAFKA_BROKERS = '', TOPIC_PREFIX = '' } = settings;
  const kafka = kafkaClient(KAFKA_BROKERS);
  let commands = 0;
  await readToEnd(kafka, `${TOPIC_PREFIX}.control`, (_, records) => {
    commands += records.length;
  });
  const codec = new AvroCodec<ControlResult>('control-result');
  const results: ControlResult[] = [];
  await readToEnd(kafka, `${TOPIC_PREFIX}.control-results`, async (_, records) => {
    for (const { value } of records) if (value !== null) results.push(await codec.decode(value));
  });
  const count = (wanted: ControlStatus) => results.filter(({ status }) => status === wanted).length;
  assert.deepEqual([count('ACCEPTED'), count('APPLIED'), results.length], [commands, commands, 2 * commands]);
}

/** The text with this test's topics, broker and device in place of those of a first installation. */
function inPlace(text: string, { settings }: ScanStack): string {
  return text
    .replaceAll('127.0.0.1:9092', settings['KAFKA_BROKERS'] ?? '')
    .replaceAll('"port-ticker"', `"${settings['TOPIC_PREFIX']}"`)
    .replaceAll('port-ticker.control', `${settings['TOPIC_PREFIX']}.control`)
    .replaceAll('eth0', device)
    .replace('```sh\n', `\`\`\`sh\nexport PORT_TICKER_TOPIC_PREFIX=${settings['TOPIC_PREFIX']}\n`);
}

function textOf(blocks: readonly Block[], language: string): string {
  return blocks.find((block) => block.language === language)?.text ?? '';
}

/** Runs them in one shell, as a reader does, and returns what each has printed. Fails where one of them fails. */
async function runAll(scripts: readonly string[], cwd: string): Promise<string[]> {
  const mark = 'next-example';
  const script = `set -euo pipefail\n${scripts.join(`\necho ${mark}\n`)}`;
  // Debian's Python, which has Debian's Avro, before any other.
  const PATH = `${cwd}:${join(process.execPath, '..')}:/usr/bin:${process.env['PATH']}`;
  const { stdout } = await promisify(execFile)('bash', ['-c', script], {
    cwd,
    env: { PATH },
    timeout: 120_000,
  });
  return stdout.split(`${mark}\n`);
}

/** Without blanks at the ends of lines. */
function trimmed(text: string): string {
  return text.replace(/ +$/gm, '').trim();
}
