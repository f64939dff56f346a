import assert from 'node:assert/strict';
import { symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { brokerOfFile } from '../helpers/broker-of-file.ts';
import { controlCommand } from '../helpers/commands.ts';
import { ControlTopicsOfTest } from '../helpers/control-topics.ts';
import { blocksOf } from '../helpers/page.ts';
import { readerDirectory, shell } from '../helpers/siem-reader.ts';

const root = join(import.meta.dirname, '../..');

const broker = brokerOfFile();

/** Topics of its own with a consumer, and the blocks of docs/operations.md that are to be run on them. */
async function scene(t: TestContext) {
  const topics = await ControlTopicsOfTest.create(t, broker.brokers);
  await topics.consumer(t);
  const directory = readerDirectory(t);
  const inPlace = { '127.0.0.1:9092': broker.brokers, 'port-ticker.config': `${topics.prefix}.config` };
  symlinkSync(join(root, 'schemas'), join(directory.path, 'schemas'));
  writeFileSync(join(directory.path, 'backup.py'), blocksOf('operations.md', 'python', inPlace).join('\n'));
  const ticker = `${process.execPath} ${root}/src/ctl/main.js "$@" --timeout 1`;
  const given = `--brokers ${broker.brokers} --topic-prefix ${topics.prefix}`;
  writeFileSync(join(directory.path, 'bin/ticker_ctl'), `#!/bin/sh\n${ticker} ${given}\n`, { mode: 0o755 });
  const [save = '', restore = ''] = blocksOf('operations.md', 'sh');
  return {
    topics,
    backup: () => shell(`${save}cat restore.sh`, directory),
    restore: (commands: string) => {
      writeFileSync(join(directory.path, 'restore.sh'), commands);
      return shell(`(${restore}) 2>&1 || true`, directory);
    },
  };
}

test('what commands have set is saved as commands, and set by them on other topics', async (t) => {
  const from = await scene(t);
  const all = { sensor: '*' };
  const commands = [
    controlCommand({ threshold: 200 }),
    controlCommand({ ...all, threshold: 50 }),
    controlCommand({ ...all, command: 'set-icmp', icmpEnable: true }),
    controlCommand({ command: 'set-count-policy', countPolicy: 'all' }),
    controlCommand({ command: 'set-idle-reset', idleReset: 1 }),
    controlCommand({ command: 'set-idle-reset', idleReset: null }),
    controlCommand({ command: 'attach', device: 'eth0', mode: 'skb' }),
    controlCommand({ command: 'attach', device: 'eth1' }),
    controlCommand({ command: 'detach', device: 'eth2' }),
    controlCommand({ command: 'ignore-add', prefixes: ['2001:db8::/32', '192.0.2.0/24', '198.51.100.7'] }),
    controlCommand({ ...all, command: 'ignore-remove', prefixes: ['192.0.2.0/24'] }),
  ];
  await from.topics.send(...commands);
  await from.topics.answered(commands.length);
  const saved = await from.backup();
  assert.deepEqual(saved.trim().split('\n'), [
    'ticker_ctl --sensor edge1 -t 200',
    "ticker_ctl --sensor '*' -t 50",
    "ticker_ctl --sensor '*' -I 1",
    'ticker_ctl --sensor edge1 --count-policy all',
    'ticker_ctl --sensor edge1 --idle-reset own',
    'ticker_ctl --sensor edge1 -d eth0 -S',
    'ticker_ctl --sensor edge1 -d eth1',
    'ticker_ctl --sensor edge1 -d eth2 -r',
    'ticker_ctl --sensor edge1 -i 192.0.2.0/24,198.51.100.7/32,2001:db8::/32',
    "ticker_ctl --sensor '*' --unignore 192.0.2.0/24",
  ]);

  const to = await scene(t);
  const printed = await to.restore(saved);
  assert.equal(await to.backup(), saved, printed);
});
