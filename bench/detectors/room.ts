import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Cleanup } from '../../test/helpers/cleanup.ts';
import { eventually } from '../../test/helpers/eventually.ts';
import type { Namespace } from '../../test/helpers/sandbox.ts';

const packages = join(import.meta.dirname, '../../.cache/detectors');
const script = join(import.meta.dirname, 'room.sh');

/** As long as nobody has written for so many ms, everybody has said what there is to say: psad looks every second. */
const stillness = 3000;
const deadline = 30_000;

/** What a host with a firewall logs for psad: whatever opens something that it does not offer. */
const firewall = (openPorts: readonly number[]) => `
table inet firewall {
  chain input {
    type filter hook input priority 0; policy accept;
    iifname "lo" accept
    ct state established,related accept
    meta l4proto ipv6-icmp accept
    tcp dport { ${openPorts.join(', ')} } tcp flags & (fin|syn|rst|ack) == syn accept
    log group 1
  }
}`;

/** The packaged detectors at work in a network namespace, until the clean-up. */
export class Room {
  readonly #logs: string;

  /** `directory`: an empty one for it. `openPorts`: services of the host, which its firewall lets pass unlogged. */
  static async open(
    t: Cleanup,
    {
      namespace,
      directory,
      openPorts,
    }: { namespace: Namespace; directory: string; openPorts: readonly number[] },
  ): Promise<Room> {
    const [room, logs] = [join(directory, 'room'), join(directory, 'logs')];
    for (const path of [room, logs]) mkdirSync(path, { recursive: true });
    await namespace.exec('nft', [firewall(openPorts)]);
    const alone = ['unshare', '--mount', '--pid', '--fork', '--kill-child'];
    const child = spawn(
      'nsenter',
      [`--net=${namespace.path}`, ...alone, 'sh', script, packages, room, logs],
      { stdio: ['pipe', 'ignore', 'pipe'] },
    );
    let errors = '';
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      errors += text;
    });
    const ended = once(child, 'exit');
    t.after(async () => {
      child.stdin.end();
      await ended;
    });
    const opened = new Room(logs);
    await eventually('the detectors are at work', () => opened.#isReady(), deadline).catch((error: Error) => {
      throw new Error(`${error.message}: ${errors}`);
    });
    return opened;
  }

  private constructor(logs: string) {
    this.#logs = logs;
  }

  #isReady(): boolean {
    const listening = this.#read('syslog').match(/PortSentry is now active/g)?.length ?? 0;
    return listening === 2 && /starting up psad/.test(this.#read('syslog'));
  }

  /** All that the detectors have logged, once they have no more to say. */
  async log(): Promise<string> {
    const written = () => this.#read('syslog').length + this.#read('kern.log').length;
    let [before, since] = [written(), Date.now()];
    const end = since + deadline;
    while (Date.now() - since < stillness && Date.now() < end) {
      await sleep(100);
      const now = written();
      if (now !== before) [before, since] = [now, Date.now()];
    }
    return this.#read('syslog');
  }

  #read(name: string): string {
    try {
      return readFileSync(join(this.#logs, name), 'utf8');
    } catch {
      return ''; // not there yet
    }
  }
}

/** The version of a package that was fetched. */
export function packageVersion(name: string): string {
  const file = readdirSync(packages).find((each) => each.startsWith(`${name}_`)) ?? '';
  return file.split('_')[1] ?? 'unknown';
}
