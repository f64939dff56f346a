import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import type { Cleanup } from './cleanup.ts';
import { eventually } from './eventually.ts';

/** How long a block may take; ms. */
const deadline = 60_000;

/** Before anything is typed. The names of network namespaces are files in /run/netns; bpf file systems belong to others. */
const prelude = `
  mkdir -p /run/netns && mount -t tmpfs tmpfs /run/netns
  umount --all --types bpf
  ip link set lo up
`;

/**
 * A bash that a test types at as a reader does, in a network, a process tree and mounts of its own: every port is free there,
 * and all that it has started goes with it, whatever happens.
 */
export class SeparateShell {
  readonly #bash: ChildProcess;
  #output = '';
  #blocks = 0;

  /** `temporary` is where it makes its temporary files. */
  constructor(t: Cleanup, cwd: string, temporary: string) {
    const namespaces = ['--mount', '--net', '--pid', '--fork', '--kill-child', '--mount-proc'];
    this.#bash = spawn('setpriv', ['--pdeathsig', 'KILL', 'unshare', ...namespaces, 'bash'], {
      cwd,
      env: { PATH: `${join(process.execPath, '..')}:${process.env['PATH']}`, TMPDIR: temporary },
    });
    const ended = once(this.#bash, 'close');
    t.after(async () => {
      this.#bash.kill('SIGKILL');
      await ended;
    });
    const gather = (text: string) => {
      this.#output += text;
    };
    this.#bash.stdout?.setEncoding('utf8').on('data', gather);
    this.#bash.stderr?.setEncoding('utf8').on('data', gather);
    this.#bash.stdin?.on('error', () => {}); // bash has ended: told by the block that did it
    this.#bash.stdin?.write(prelude);
  }

  /** Runs a block, each command of which has to succeed, and returns what it printed, without blanks around it. */
  run(block: string): Promise<string> {
    return this.#type(`set -e\n${block}`);
  }

  /** Runs a block again and again until what it prints matches. */
  async until(block: string, pattern: RegExp, patience: number): Promise<void> {
    let printed = '';
    const matches = async () => {
      printed = await this.#type(block);
      return pattern.test(printed);
    };
    await eventually('it prints what it should', matches, patience).catch((cause: unknown) => {
      throw new Error(`${block}printed\n${printed}\nand not ${pattern}`, { cause });
    });
  }

  async #type(block: string): Promise<string> {
    const end = `end of block ${++this.#blocks}`;
    this.#output = '';
    // Its standard input is what is typed: not for the commands to read.
    this.#bash.stdin?.write(`eval ${quoted(block)} < /dev/null\nset +e; echo; echo ${end}\n`);
    const isDone = () => this.#output.includes(`\n${end}\n`) || this.#bash.exitCode !== null;
    await eventually('a block ends', isDone, deadline).catch((cause: unknown) => {
      throw new Error(`${block}goes on, and has printed\n${this.#output}`, { cause });
    });
    if (this.#bash.exitCode !== null) throw new Error(`${block}failed:\n${this.#output}`);
    return this.#output.replace(`\n${end}\n`, '').trim();
  }
}

function quoted(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}
