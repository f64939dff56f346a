import type { Cleanup } from '../../test/helpers/cleanup.ts';
import { abortDownloads, ask, type Honest } from '../../test/helpers/honest-peers.ts';
import { Traffic } from '../../test/helpers/traffic.ts';
import { host4, type WatchedHost } from '../../test/helpers/watched-host.ts';

/** What honest peers do, with real sockets and tools; one row each. */
export interface Control {
  name: string;
  run(sides: Sides): Promise<void>;
}

/** The peers have their address in this control alone. */
interface Sides extends Honest {
  watched: WatchedHost;
}

/** Services of the host. */
export const openPorts = [21, 22, 25, 80, 443, 993, 5432, 8080];
const closedPort = 700;

export const controls: readonly Control[] = [
  {
    name: '500 replies of a resolver',
    run: (sides) => ask(sides, 53, 500),
  },
  {
    name: '100 health checks of 80 and 443 in turn',
    run: ({ peers, peer }) => peers.do('fetch', { ...fromTo(peer), ports: repeat([80, 443], 50) }),
  },
  {
    name: 'a NAT of 50 clients, 8 open ports',
    run: ({ peers, peer }) =>
      peers.do('fetch', { ...fromTo(peer), ports: repeat(openPorts, 50), together: true }),
  },
  {
    name: '100 retries of one closed port',
    // not by sockets: portsentry listens at a port for a moment when it has been asked for
    run: async ({ watched }) => {
      const quietly = ['--no-capture', '-q', '-c', '100', '--delay', '5ms'];
      await watched.peers.exec('nping', [...quietly, '--tcp', '-p', `${closedPort}`, host4]);
    },
  },
  {
    name: '100 parallel downloads',
    run: async ({ host, peers, peer }) => {
      await peers.do('serve', { address: peer, ports: [443], bytes: 1_000_000 });
      await host.do('fetch', { to: peer, ports: repeat([443], 100), together: true });
    },
  },
  {
    name: '100 downloads, each aborted',
    run: (sides) => abortDownloads(sides, 100),
  },
];

/** Runs all. Returns whose traffic was which: the peers' addresses, with the controls. */
export async function runControls(t: Cleanup, watched: WatchedHost): Promise<Map<string, Control>> {
  const host = new Traffic(t, watched.host);
  const peers = new Traffic(t, watched.peers);
  await host.do('serve', { address: host4, ports: openPorts });
  const controlOf = new Map<string, Control>();
  for (const control of controls) {
    const { ipv4: peer } = await watched.nextPeer();
    await control.run({ watched, host, peers, peer });
    controlOf.set(peer, control);
  }
  return controlOf;
}

function fromTo(peer: string) {
  return { from: { address: peer }, to: host4 };
}

function repeat(ports: readonly number[], times: number): number[] {
  return Array.from({ length: times }, () => ports).flat();
}
