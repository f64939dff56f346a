import { readFileSync } from 'node:fs';
import type { Server } from 'node:net';

/** One bit a port, as Sensor.setOpenPorts wants them. */
export function bitsOf(ports: Iterable<number>): Uint8Array {
  const bits = new Uint8Array(65_536 / 8);
  for (const port of ports) bits[port >> 3] = (bits[port >> 3] ?? 0) | (1 << (port & 7));
  return bits;
}

/** Ports of this machine that have sockets, TCP and UDP. */
export function listeningPorts(): Set<number> {
  const tables = ['tcp', 'tcp6', 'udp', 'udp6'].map((name) => readFileSync(`/proc/net/${name}`, 'utf8'));
  const ports = tables.flatMap((table) =>
    Array.from(table.matchAll(/^ *\d+: [0-9A-F]+:([0-9A-F]{4}) /gm), ([, port = '']) => Number(`0x${port}`)),
  );
  return new Set(ports);
}

/** The port a TCP server listens at. */
export function portOf(server: Server): number {
  const address = server.address();
  if (typeof address !== 'object' || address === null) throw new Error('the server does not listen');
  return address.port;
}
