/** Real sockets in a network namespace: does what its parent (traffic.ts) asks, one message each. */
import { createSocket, type Socket as UdpSocket } from 'node:dgram';
import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

/** Addresses are IPv4. */
export interface Actions {
  /** Listens; each connection that has asked is sent so many bytes, and closed. */
  serve(what: { address: string; ports: readonly number[]; bytes?: number }): void;
  /** Connects to one port after the other, or to all at once, asks, and reads the answer as `how` says. */
  fetch(what: {
    from?: { address: string; port?: number };
    to: string;
    ports: readonly number[];
    how?: 'whole' | 'aborted' | 'refused';
    together?: boolean;
  }): void;
  /** Answers every datagram. */
  answer(what: { address: string; port: number }): void;
  /** Asks, each time from a fresh socket that is not connected, and waits for the answer. */
  ask(what: { to: string; port: number; times: number }): void;
  /** Sends one datagram to each port in this order, at most so many a second. */
  probe(what: { from: string; to: string; ports: readonly number[]; rate: number }): void;
}

type Call = { [K in keyof Actions]: { action: K; what: Parameters<Actions[K]>[0] } }[keyof Actions];

const backlog = 4096;
const burst = 20;
const request = Buffer.from('?');

process.on('message', (call: Call) => {
  carryOut(call).then(
    () => process.send?.({}),
    (error: unknown) => process.send?.({ error: String(error) }),
  );
});
process.on('disconnect', () => process.exit());

async function carryOut(call: Call): Promise<void> {
  switch (call.action) {
    case 'serve':
      return serve(call.what);
    case 'fetch':
      return fetch(call.what);
    case 'answer':
      return answer(call.what);
    case 'ask':
      return ask(call.what);
    case 'probe':
      return probe(call.what);
  }
}

async function serve({ address, ports, bytes = 1000 }: Parameters<Actions['serve']>[0]): Promise<void> {
  const content = Buffer.alloc(bytes);
  for (const port of ports) {
    const server = createServer({ allowHalfOpen: true }, (socket) => {
      socket.on('error', () => socket.destroy()); // a client that aborts
      socket.once('data', () => socket.end(content));
    });
    server.listen({ host: address, port, backlog });
    await once(server, 'listening');
  }
}

async function fetch(what: Parameters<Actions['fetch']>[0]): Promise<void> {
  const { ports, how = 'whole', together = false } = what;
  if (together) {
    const sockets = await Promise.all(ports.map((port) => connected(what, port)));
    await Promise.all(sockets.map(read));
    return;
  }
  for (const port of ports) {
    if (how === 'refused') await refused(what, port);
    else if (how === 'aborted') await abort(await connected(what, port));
    else await read(await connected(what, port));
  }
}

function dial({ from, to }: Parameters<Actions['fetch']>[0], port: number): Socket {
  return connect({
    host: to,
    port,
    ...(from === undefined ? {} : { localAddress: from.address }),
    ...(from?.port === undefined ? {} : { localPort: from.port }),
  });
}

async function connected(what: Parameters<Actions['fetch']>[0], port: number): Promise<Socket> {
  const socket = dial(what, port);
  await once(socket, 'connect');
  return socket;
}

/** Closes first, so that the peer keeps no TIME_WAIT socket that a later connection may meet. */
async function read(socket: Socket): Promise<void> {
  socket.end(request);
  socket.resume();
  await once(socket, 'close');
}

/** As a browser does whose user has gone on: with most of the answer still on its way. */
async function abort(socket: Socket): Promise<void> {
  socket.write(request);
  await once(socket, 'data');
  socket.destroy();
  await once(socket, 'close');
}

async function refused(what: Parameters<Actions['fetch']>[0], port: number): Promise<void> {
  const socket = dial(what, port);
  const [error]: { code?: string }[] = await once(socket, 'connect').then(
    () => [{}],
    (reason) => [reason],
  );
  socket.destroy();
  if (error?.code !== 'ECONNREFUSED') throw new Error(`port ${port} is not closed`);
}

async function answer({ address, port }: Parameters<Actions['answer']>[0]): Promise<void> {
  const socket = await bound(address, port);
  socket.on('message', (message, { address: to, port: back }) => socket.send(message, back, to));
}

async function ask({ to, port, times }: Parameters<Actions['ask']>[0]): Promise<void> {
  for (let time = 0; time < times; time += 1) {
    const socket = await bound();
    socket.send(request, port, to);
    await once(socket, 'message');
    socket.close();
  }
}

/** In bursts that a virtual device has room for. */
async function probe({ from, to, ports, rate }: Parameters<Actions['probe']>[0]): Promise<void> {
  const socket = await bound(from);
  const begin = performance.now();
  for (const [index, port] of ports.entries()) {
    if (index % burst === 0) await sleep(Math.max(1, begin + (index * 1000) / rate - performance.now()));
    await new Promise<void>((resolve, reject) => {
      socket.send(request, port, to, (error) => (error === null ? resolve() : reject(error)));
    });
  }
  socket.close();
}

async function bound(address?: string, port?: number): Promise<UdpSocket> {
  const socket = createSocket('udp4');
  socket.bind(port, address);
  await once(socket, 'listening');
  return socket;
}
