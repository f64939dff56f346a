import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { Cleanup } from './cleanup.ts';
import { hostDevice, peerDevice, type WatchedHost } from './watched-host.ts';

const script = fileURLToPath(new URL('../fixtures/zombie.py', import.meta.url));

export const zombie = '10.79.0.2';

/** Puts a host behind the peers' end that an idle scan (nmap -sI) can use. */
export async function startZombie(t: Cleanup, { sandbox, host, peers }: WatchedHost): Promise<void> {
  const namespace = await sandbox.namespace('zombie');
  await sandbox.veth(
    { namespace: peers, device: 'zombie0', addresses: ['10.79.0.1/24'] },
    { namespace, device: 'idle0' },
  );
  // by proxy ARP, since the peers' end keeps no address
  await peers.exec('sysctl', ['-qw', 'net.ipv4.ip_forward=1', `net.ipv4.conf.${peerDevice}.proxy_arp=1`]);
  await host.exec('ip', ['route', 'add', '10.79.0.0/24', 'dev', hostDevice]);
  const child = spawn('nsenter', [`--net=${namespace.path}`, 'python3', script, 'idle0', zombie], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  t.after(async () => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    child.kill('SIGKILL');
    await once(child, 'exit');
  });
  await once(child.stdout, 'data');
}
