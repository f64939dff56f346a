/**
 * Opens sockets in the network namespace it runs in, as host.ts tells it over the IPC channel. Ends with its parent.
 *
 *     node host-child.ts
 */
import { createSocket, type Socket as DatagramSocket } from 'node:dgram';
import { once } from 'node:events';
import { createConnection, createServer, type Server, type Socket } from 'node:net';
import type { Answer, BindOptions, ConnectOptions, ListenOptions, Order, SendOptions } from './host.ts';

const servers: Server[] = [];
const connections = new Set<Socket>();
const datagramSockets: DatagramSocket[] = [];

process.on('message', (order: Order) => {
  void answer(order).then((message) => process.send?.(message));
});
process.on('disconnect', () => process.exit());
process.send?.('ready');

async function answer(order: Order): Promise<Answer> {
  try {
    return { id: order.id, result: await obey(order) };
  } catch (error) {
    return { id: order.id, error: String(error) };
  }
}

function obey(order: Order): Promise<unknown> | unknown {
  switch (order.verb) {
    case 'listen':
      return listen(order.options);
    case 'bind':
      return bind(order.options);
    case 'connect':
      return connect(order.options);
    case 'send':
      return send(order.options);
    case 'end':
      return close((socket) => socket.end());
    case 'abort':
      return close((socket) => socket.resetAndDestroy());
    case 'closeListeners':
      return closeListeners(order.options);
  }
}

async function listen({ greeting = 0, ...options }: ListenOptions): Promise<void> {
  const server = createServer((socket) => {
    keep(socket);
    if (greeting > 0) socket.write(Buffer.alloc(greeting));
  });
  server.listen(options);
  await once(server, 'listening');
  servers.push(server);
}

/** Reads what comes, and ends when the other side does. */
function keep(socket: Socket): void {
  connections.add(socket);
  socket.on('error', () => socket.destroy());
  socket.on('close', () => connections.delete(socket));
  socket.resume();
}

async function bind({ type, remote, ...options }: BindOptions): Promise<number> {
  const socket = createSocket({ type, reusePort: options.reusePort ?? false });
  socket.bind(options.port ?? 0, options.address);
  await once(socket, 'listening');
  datagramSockets.push(socket);
  const { port } = socket.address();
  if (remote !== undefined) {
    socket.connect(remote.port, remote.address);
    await once(socket, 'connect');
  }
  return port;
}

/** The local port of the connection, null when it is refused. */
async function connect(options: ConnectOptions): Promise<number | null> {
  const socket = createConnection(options);
  try {
    await once(socket, 'connect');
  } catch {
    return null;
  }
  keep(socket);
  return socket.localPort ?? null;
}

async function send({ type, from, address, ports }: SendOptions): Promise<void> {
  const socket = createSocket(type);
  socket.on('error', () => {}); // the kernel tells of ports that are unreachable
  socket.bind(from ?? 0);
  await once(socket, 'listening');
  socket.setBroadcast(true);
  for (const port of ports) {
    await new Promise<void>((resolve) => socket.send('?', port, address, () => resolve()));
  }
  socket.close();
}

async function close(how: (socket: Socket) => void): Promise<void> {
  const closed = [...connections].map((socket) => once(socket, 'close'));
  for (const socket of connections) how(socket);
  await Promise.all(closed);
}

function closeListeners(count: number): void {
  for (const server of servers.splice(0, count)) server.close();
}
