import { parseAddress } from '../../src/common/address.ts';
import type { PortScanEvent } from '../../src/common/event.ts';
import { type Cleanup, lastFirst } from './cleanup.ts';
import { Kernel } from './kernel.ts';
import { type Namespace, Sandbox } from './sandbox.ts';

/** The devices: the host's end of the cable and the peers'. */
export const hostDevice = 'watch0';
export const peerDevice = 'peer0';

/** The host's own addresses: one on the link, and a routed block for sweeps. */
export const host4 = '10.77.0.2';
export const host6 = 'fd77::2';
export const hostBlock = '10.78.0.0/26';
const blockLength = 64;

/**
 * A host that a sensor watches, under policy `attempts` and the default threshold, and the network that its peers are
 * in. The peers' end has one address at a time, so that every tool takes it: each traffic gets a fresh one.
 */
export class WatchedHost {
  readonly kernel: Kernel;
  readonly sandbox: Sandbox;
  readonly host: Namespace;
  readonly peers: Namespace;
  #peer = 0;

  static async create(test: Cleanup): Promise<WatchedHost> {
    const cleanup = lastFirst(test);
    const sandbox = await Sandbox.create(cleanup);
    const host = await sandbox.namespace('host');
    const peers = await sandbox.namespace('peers');
    await sandbox.veth(
      { namespace: host, device: hostDevice, addresses: [`${host4}/16`, `${host6}/64`, ...block()] },
      { namespace: peers, device: peerDevice },
    );
    const kernel = await Kernel.open(cleanup, { netns: host.path });
    kernel.configure({});
    kernel.sensor.attach(hostDevice, 'driver');
    return new WatchedHost({ kernel, sandbox, host, peers });
  }

  private constructor(parts: Pick<WatchedHost, 'kernel' | 'sandbox' | 'host' | 'peers'>) {
    this.kernel = parts.kernel;
    this.sandbox = parts.sandbox;
    this.host = parts.host;
    this.peers = parts.peers;
  }

  /** Gives the peers' end fresh addresses, in place of those it had. */
  async nextPeer(): Promise<Peer> {
    this.#peer += 1;
    const peer = { ipv4: `10.77.1.${this.#peer}`, ipv6: `fd77::1:${this.#peer.toString(16)}` };
    const ip = (...args: string[]) => this.peers.exec('ip', args);
    await ip('address', 'flush', 'dev', peerDevice, 'scope', 'global');
    await ip('address', 'add', `${peer.ipv4}/16`, 'dev', peerDevice);
    await ip('address', 'add', `${peer.ipv6}/64`, 'dev', peerDevice, 'nodad');
    await ip('route', 'replace', hostBlock, 'via', host4);
    return peer;
  }

  /** The hardware address of the host's end, as tools want it that build their own frames. */
  async hardwareAddress(): Promise<string> {
    const [link]: { address: string }[] = JSON.parse(
      await this.host.exec('ip', ['-json', 'link', 'show', hostDevice]),
    );
    return link?.address ?? '';
  }

  /** What the sensor knows of a source, as the report would show it; null: nothing. */
  row(source: string): PortScanEvent | null {
    return this.kernel.entry(source);
  }
}

export interface Peer {
  ipv4: string;
  ipv6: string;
}

function block(): string[] {
  const [a, b, c] = parseAddress(hostBlock.split('/')[0] ?? '').subarray(12);
  return Array.from({ length: blockLength }, (_, index) => `${a}.${b}.${c}.${index}/32`);
}
