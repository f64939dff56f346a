import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { basename, dirname } from 'node:path';
import { promisify } from 'node:util';
import type { Cleanup } from './cleanup.ts';
import { removeControlGroups } from './control-groups.ts';
import { type Debian, environment } from './debian.ts';
import { eventually } from './eventually.ts';
import type { Namespace } from './sandbox.ts';

/**
 * A Debian that systemd runs in: as the first process of namespaces of its own, with a network that is given. All that it
 * starts goes with it, and with this process.
 */
export class BootedDebian {
  readonly #process: ChildProcess;
  readonly #cgroup: string;
  #stderr = '';

  /** systemd has to be installed in it. */
  static async boot(t: Cleanup, debian: Debian, network: Namespace): Promise<BootedDebian> {
    const booted = new BootedDebian(debian.root, network);
    t.after(() => booted.#stop());
    await eventually('systemd has started', () => booted.#isUp(), 60_000).catch((cause: unknown) => {
      throw new Error(`systemd did not start: ${booted.#stderr}`, { cause });
    });
    return booted;
  }

  private constructor(root: string, network: Namespace) {
    this.#cgroup = basename(dirname(root));
    const namespaces = ['--mount', '--pid', '--cgroup', '--uts', '--ipc', '--fork', '--kill-child'];
    const inNetwork = ['--pdeathsig', 'KILL', 'nsenter', `--net=${network.path}`];
    this.#process = spawn(
      'setpriv',
      [
        ...inNetwork,
        'sh',
        '-euc',
        group,
        'sh',
        this.#cgroup,
        'unshare',
        ...namespaces,
        'sh',
        '-euc',
        init,
        'sh',
        root,
      ],
      { stdio: ['ignore', 'ignore', 'pipe'] },
    );
    this.#process.stderr?.setEncoding('utf8').on('data', (text: string) => {
      this.#stderr += text;
    });
  }

  /** Runs a command in it to its end, and returns what it printed. */
  async run(command: string, ...args: string[]): Promise<string> {
    const { pid } = this.#process;
    const first = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim();
    const inside = [`--target=${first}`, '--mount', '--pid', '--cgroup', '--uts', '--ipc', '--net'];
    const options = { env: environment, cwd: '/', maxBuffer: 1e8 };
    return (await promisify(execFile)('nsenter', [...inside, command, ...args], options)).stdout;
  }

  async #isUp(): Promise<boolean> {
    if (this.#process.exitCode !== null) throw new Error('it has ended');
    // It says "degraded" where a unit of Debian's own cannot do without a whole machine.
    const state = await this.run('systemctl', 'show', '--property=SystemState', '--value').catch(() => '');
    return /running|degraded/.test(state);
  }

  async #stop(): Promise<void> {
    if (this.#process.exitCode === null && this.#process.signalCode === null) {
      this.#process.kill('SIGKILL'); // and with it all of its namespaces
      await once(this.#process, 'exit');
    }
    await removeControlGroups(this.#cgroup);
  }
}

/** Arguments: NAME COMMAND…. Runs a command in a control group of its own, the root of those that it can see. */
const group = `
  group=$(awk '$3 == "cgroup2" { print $2; exit }' /proc/mounts)/$1; shift
  mkdir "$group"
  echo $$ > "$group/cgroup.procs"
  exec "$@"
`;

/** Argument: ROOT. Mounts what systemd expects of a container manager, and becomes it. */
const init = `
  mount --bind "$1" "$1"
  cd "$1"
  mount -t proc proc proc
  mount -t sysfs -o ro,nosuid,nodev,noexec sysfs sys
  mount -t cgroup2 cgroup2 sys/fs/cgroup
  mount -t tmpfs -o mode=0755,nosuid tmpfs run
  mount -t tmpfs -o mode=0755,nosuid tmpfs dev
  for device in null zero full random urandom tty; do
    touch "dev/$device"
    mount --bind "/dev/$device" "dev/$device"
  done
  mkdir dev/pts dev/shm run/old
  mount -t devpts -o newinstance,ptmxmode=0666 devpts dev/pts
  ln -s pts/ptmx dev/ptmx
  mount -t tmpfs tmpfs dev/shm
  pivot_root . run/old
  umount --lazy /run/old
  exec env -i container=unshare PATH="$PATH" /usr/lib/systemd/systemd --log-target=journal-or-kmsg multi-user.target
`;
