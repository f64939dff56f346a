import { connect, createServer } from 'node:net';

/*
 * Arguments: PORT SOCKET. What connects to the port of its 127.0.0.1 is connected to the Unix socket, which is reached
 * from every network namespace. Prints "ready" when it listens.
 */
const [port, socket = ''] = process.argv.slice(2);
createServer((client) => {
  const server = connect(socket);
  client.pipe(server).pipe(client);
  client.on('error', () => server.destroy());
  server.on('error', () => client.destroy());
}).listen(Number(port), '127.0.0.1', () => process.stdout.write('ready\n'));
