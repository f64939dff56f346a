import assert from 'node:assert/strict';
import { enumerators } from '../../src/producer/native.ts';
import { type Cleanup, lastFirst } from './cleanup.ts';
import { eventually } from './eventually.ts';
import { Host } from './host.ts';
import { host4, type Peer, WatchedHost } from './watched-host.ts';

/** What the sensor makes of a source: null for one that takes no place in its table. */
export interface Outcome {
  changes: number;
  score: number;
  open: number;
  closed: number;
}

interface Crafted {
  protocol?: 'tcp' | 'udp';
  ports: readonly number[];
  /** TCP, as nping names them: syn, ack, rst, fin; all that are set. */
  flags?: readonly string[];
  from?: number;
  source?: string;
  target?: string;
}

/** A peer and the watched host, each with a process for its sockets, on a cable. */
export class Encounter {
  readonly site: WatchedHost;
  readonly host: Host;
  readonly peer: Host;
  readonly address: Peer;
  #before: Float64Array;

  static async create(t: Cleanup): Promise<Encounter> {
    const cleanup = lastFirst(t);
    const site = await WatchedHost.create(cleanup);
    const address = await site.nextPeer();
    const [host, peer] = await Promise.all([Host.start(cleanup, site.host), Host.start(cleanup, site.peers)]);
    return new Encounter(site, host, peer, address);
  }

  private constructor(site: WatchedHost, host: Host, peer: Host, address: Peer) {
    this.site = site;
    this.host = host;
    this.peer = peer;
    this.address = address;
    this.#before = site.kernel.sensor.statistics();
  }

  /** Packets that no socket of the peer knows of, one to each port, the lowest first: nping sorts them. */
  async craft({
    protocol = 'tcp',
    ports,
    flags = ['syn'],
    from,
    source,
    target = host4,
  }: Crafted): Promise<void> {
    await this.site.peers.exec('nping', [
      ...(target.includes(':') ? ['-6'] : []),
      ...[`--${protocol}`, '-p', ports.join(',')],
      ...(protocol === 'tcp' ? ['--flags', flags.join(',')] : []),
      ...(from === undefined ? [] : ['--source-port', `${from}`]),
      ...(source === undefined ? [] : ['-S', source]),
      ...['-c', '1', '--delay', '5ms', '--no-capture', '-q', target],
    ]);
  }

  /** What the table says of a source now. */
  outcome(source = this.address.ipv4): Outcome | null {
    const { kernel } = this.site;
    const evidence = kernel.evidence(source);
    if (evidence === null) return null;
    const { score, open, closed } = evidence;
    return { changes: kernel.count(source) ?? 0, score, open, closed };
  }

  /** By how much a statistic has grown since the encounter began. */
  grown(statistic: string): number {
    const index = enumerators('statistic')[statistic];
    if (index === undefined) throw new Error(`no statistic ${statistic}`);
    return (this.site.kernel.sensor.statistics()[index] ?? 0) - (this.#before[index] ?? 0);
  }

  /** A counter of the host's network stack, as nstat names it. */
  async hostCounter(name: string): Promise<number> {
    const counters = await this.site.host.exec('nstat', ['-asz', name]);
    const words = counters.split(/\s+/);
    return Number(words[words.indexOf(name) + 1]);
  }

  /** Packets may still be on their way: waits until the table says so, and shows the difference when it does not. */
  async becomes(expected: Outcome | null, source?: string): Promise<void> {
    await this.#holds(() => this.outcome(source), expected);
  }

  /** Waits until statistics have grown by exactly this. */
  async counts(expected: Readonly<Record<string, number>>): Promise<void> {
    const names = Object.keys(expected);
    await this.#holds(() => Object.fromEntries(names.map((name) => [name, this.grown(name)])), expected);
  }

  async #holds(actual: () => unknown, expected: unknown): Promise<void> {
    const isSo = () => {
      try {
        assert.deepEqual(actual(), expected);
        return true;
      } catch {
        return false;
      }
    };
    await eventually('the sensor has seen it', isSo, 3000).catch(() => {});
    assert.deepEqual(actual(), expected);
  }
}
