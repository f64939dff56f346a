import type { Traffic } from './traffic.ts';

/** Processes of a host and of its peers, and the address that the peers have. */
export interface Honest {
  host: Traffic;
  peers: Traffic;
  peer: string;
}

/** The host asks a server of the peers at that UDP port, and gets a reply each time. */
export async function ask({ host, peers, peer }: Honest, port: number, times: number): Promise<void> {
  await peers.do('answer', { address: peer, port });
  await host.do('ask', { to: peer, port, times });
}

/** The host begins as many downloads at once, and aborts each. */
export async function abortDownloads({ host, peers, peer }: Honest, times: number): Promise<void> {
  await peers.do('serve', { address: peer, ports: [443], bytes: 4_000_000 });
  await host.do('fetch', { to: peer, ports: Array.from({ length: times }, () => 443), how: 'aborted' });
}
