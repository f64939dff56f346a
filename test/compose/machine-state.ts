import { execFile } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** What an engine changes of a machine when it is let: to be compared with what it was. */
export async function machineState(): Promise<object> {
  const [{ stdout: rules }, { stdout: links }] = await Promise.all([
    run('nft', ['--stateless', 'list', 'ruleset']),
    run('ip', ['-json', 'link', 'show', 'type', 'bridge']),
  ]);
  return {
    rules,
    bridges: links,
    forwarding: readFileSync('/proc/sys/net/ipv4/ip_forward', 'utf8'),
    directories: [
      '/etc/docker',
      '/opt/containerd',
      '/run/containerd',
      '/run/docker',
      '/var/lib/docker',
    ].filter((path) => existsSync(path)),
  };
}
