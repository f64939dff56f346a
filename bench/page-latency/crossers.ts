/**
 * Runs in the scanner's namespace. For each {first, count, rate, to} of its parent it lets `count` sources of 10.78.0.0/16, from
 * the `first` on, each send two datagrams to different ports, `rate` sources a second, and answers with when each sent its
 * second one: ms since 1970, with fractions.
 */
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';

export interface Order {
  first: number;
  count: number;
  rate: number;
  to: string;
}

process.on('message', (order: Order) => {
  void cross(order).then((times) => process.send?.(times));
});
process.on('disconnect', () => process.exit());

async function cross({ first, count, rate, to }: Order): Promise<[source: string, at: number][]> {
  const times: [string, number][] = [];
  const begun = performance.now();
  for (let index = 0; index < count; index += 1) {
    const ahead = begun + (index * 1000) / rate - performance.now();
    if (ahead > 0) await sleep(ahead);
    const source = `10.78.${(first + index) >> 8}.${(first + index) & 255}`;
    times.push([source, await twoDatagrams(source, to)]);
  }
  return times;
}

async function twoDatagrams(source: string, to: string): Promise<number> {
  const socket = createSocket('udp4');
  socket.bind({ address: source, exclusive: true });
  await once(socket, 'listening');
  const send = (port: number) => new Promise((resolve) => socket.send('', port, to, resolve));
  await send(2001);
  const at = performance.timeOrigin + performance.now();
  await send(2002);
  socket.close();
  return at;
}
