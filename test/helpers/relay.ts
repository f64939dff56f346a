import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import { join } from 'node:path';
import type { Cleanup } from './cleanup.ts';
import { startProgram } from './program.ts';
import type { Namespace, Sandbox } from './sandbox.ts';

/** Makes a server on this machine's 127.0.0.1 ("127.0.0.1:9092") answer in a namespace under the same address. */
export async function relay(
  t: Cleanup,
  sandbox: Sandbox,
  namespace: Namespace,
  address: string,
): Promise<void> {
  const port = address.slice(address.indexOf(':') + 1);
  const socket = join(sandbox.directory, 'relay');
  const outside = createServer((client) => {
    const server = connect(Number(port), '127.0.0.1');
    client.pipe(server).pipe(client);
    client.on('error', () => server.destroy());
    server.on('error', () => client.destroy());
  });
  t.after(() => outside.close());
  outside.listen(socket);
  await once(outside, 'listening');
  const inside = startProgram(t, 'test/helpers/relay-child.ts', [port, socket], {}, [
    'nsenter',
    `--net=${namespace.path}`,
  ]);
  await inside.says(/ready/);
}
