import { abortDownloads, ask, type Honest } from '../helpers/honest-peers.ts';
import { host4, type WatchedHost } from '../helpers/watched-host.ts';

/** What happens on honest networks, and must not be taken for a scan: one entry a control. */
export interface Control {
  name: string;
  /** Distinct ports of the host that it touches as attempts. */
  ports: number;
  /** Statistics that its packets end in instead, and how many at least. */
  passedOver?: Record<string, number>;
  run(stage: Stage): Promise<unknown>;
}

/** The peers have their address in this control alone. */
export interface Stage extends Honest {
  watched: WatchedHost;
}

/** Where somebody listens on the host. */
export const openPorts = {
  services: [21, 22, 25, 80, 443, 993, 5432, 8080],
  passiveFtp: range(50_000, 40),
  activeFtp: range(51_000, 40),
  exporters: range(9100, 30),
};
const closedPort = 11_000;
/** Published by DNAT: nobody listens on the host itself. */
export const publishedPorts = range(8081, 5);
const checksInAnHour = 3600 / 5;

export const controls: readonly Control[] = [
  {
    name: '2 000 parallel outgoing connections to one server',
    ports: 0,
    passedOver: { FLOW: 2000 },
    run: async ({ host, peers, peer }) => {
      await peers.do('serve', { address: peer, ports: [443] });
      await host.do('fetch', { to: peer, ports: repeat([443], 2000), together: true });
    },
  },
  {
    name: '100 downloads aborted by the client',
    ports: 0,
    passedOver: { FLOW: 100 },
    run: (stage) => abortDownloads(stage, 100),
  },
  {
    name: '500 DNS replies to unconnected sockets',
    ports: 0,
    passedOver: { REPLY: 500 },
    run: (stage) => ask(stage, 53, 500),
  },
  {
    name: '100 NTP replies',
    ports: 0,
    passedOver: { REPLY: 100 },
    run: (stage) => ask(stage, 123, 100),
  },
  {
    name: 'passive FTP, 40 files fetched from the host',
    ports: 41,
    run: ({ peers, peer }) =>
      peers.do('fetch', { from: { address: peer }, to: host4, ports: [21, ...openPorts.passiveFtp] }),
  },
  {
    name: 'active FTP, 40 files fetched by the host',
    ports: 40,
    run: ({ peers, peer }) =>
      peers.do('fetch', { from: { address: peer, port: 20 }, to: host4, ports: openPorts.activeFtp }),
  },
  {
    name: 'a load balancer checking 80 and 443 for an hour',
    ports: 2,
    run: ({ peers, peer }) =>
      peers.do('fetch', { from: { address: peer }, to: host4, ports: repeat([80, 443], checksInAnHour) }),
  },
  {
    name: 'a NAT of 50 busy clients, open ports only',
    ports: 8,
    run: async ({ peers, peer }) => {
      const ofAClient = [...openPorts.services, ...openPorts.services];
      await peers.do('fetch', {
        from: { address: peer },
        to: host4,
        ports: repeat(ofAClient, 50),
        together: true,
      });
    },
  },
  {
    name: 'Prometheus scraping 30 listening exporters, 20 times',
    ports: 30,
    run: ({ peers, peer }) =>
      peers.do('fetch', { from: { address: peer }, to: host4, ports: repeat(openPorts.exporters, 20) }),
  },
  {
    name: 'a client of five Docker-published ports, 20 times (`OPEN_PORTS`)',
    ports: 5,
    run: ({ peers, peer }) =>
      peers.do('fetch', { from: { address: peer }, to: host4, ports: repeat(publishedPorts, 20) }),
  },
  {
    name: 'path-MTU discovery: "fragmentation needed" by a router',
    ports: 0,
    passedOver: { SKIPPED_ICMP: 1 },
    run: discoverPathMtu,
  },
  {
    name: 'traceroute, UDP',
    ports: 1,
    passedOver: { TRACEROUTE: 15 },
    run: ({ watched }) => traceroute(watched),
  },
  {
    name: 'traceroute, UDP, twice',
    ports: 1,
    passedOver: { TRACEROUTE: 30 },
    run: async ({ watched }) => {
      await traceroute(watched);
      await traceroute(watched);
    },
  },
  {
    name: 'traceroute, ICMP',
    ports: 0,
    passedOver: { ICMP_DROPPED: 3 },
    run: ({ watched }) => traceroute(watched, '-I'),
  },
  {
    name: 'traceroute, TCP to an open port',
    ports: 1,
    run: ({ watched }) => traceroute(watched, '-T', '-p', '80'),
  },
  {
    name: 'a peer retrying one closed port 1 000 times',
    ports: 1,
    run: ({ peers, peer }) =>
      peers.do('fetch', {
        from: { address: peer },
        to: host4,
        ports: repeat([closedPort], 1000),
        how: 'refused',
      }),
  },
];

async function traceroute({ peers }: WatchedHost, ...flags: string[]): Promise<void> {
  await peers.exec('traceroute', ['-n', '-w', '0.2', '-m', '5', ...flags, host4]);
}

/** The host sends to one behind the peers, on a link of a smaller MTU; the peers' end is the router. */
async function discoverPathMtu({ watched, peer }: Stage): Promise<void> {
  const { sandbox, host, peers } = watched;
  const [far, mtu] = ['10.80.0.2', '1300'];
  const namespace = await sandbox.namespace('far');
  await sandbox.veth(
    { namespace: peers, device: 'narrow0', addresses: ['10.80.0.1/24'] },
    { namespace, device: 'far0', addresses: [`${far}/24`] },
  );
  await peers.exec('ip', ['link', 'set', 'narrow0', 'mtu', mtu]);
  await peers.exec('sysctl', ['-qw', 'net.ipv4.ip_forward=1']);
  await host.exec('ip', ['route', 'add', '10.80.0.0/24', 'via', peer]);
  await namespace.exec('ip', ['route', 'add', '10.77.0.0/16', 'via', '10.80.0.1']);
  // refused by the router, which is the point
  await host.exec('ping', ['-n', '-M', 'do', '-s', '1400', '-c', '1', '-W', '1', far]).catch(() => '');
  const route = await host.exec('ip', ['route', 'get', far]);
  if (!route.includes(`mtu ${mtu}`)) throw new Error(`the path MTU was not found: ${route}`);
}

function range(first: number, length: number): number[] {
  return Array.from({ length }, (_, index) => first + index);
}

function repeat(ports: readonly number[], times: number): number[] {
  return Array.from({ length: times }, () => ports).flat();
}
