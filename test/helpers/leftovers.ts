import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { eventually } from './eventually.ts';

/** The kernel frees some objects a little after their last user is gone; ms. */
const patience = 20_000;

interface BpfObject {
  id: number;
  name?: string;
  pids?: unknown[];
  pinned?: string[];
}

interface BpfProgram extends BpfObject {
  map_ids?: number[];
}

interface BpfLink extends BpfObject {
  prog_id: number;
}

/** What is in the kernel of all processes, by id. */
interface Snapshot {
  programs: BpfProgram[];
  maps: BpfObject[];
  links: BpfLink[];
}

/**
 * Compares the machine with what it was. Other tests run at the same time: what a living process holds, or what is
 * pinned elsewhere than below `directory`, is theirs.
 */
export class Leftovers {
  readonly #before: Snapshot;
  readonly #directory: string;

  /** `directory`: where everything happens: the bpf file system is mounted below it. */
  static async since(directory: string): Promise<Leftovers> {
    return new Leftovers(await snapshot(), directory);
  }

  private constructor(before: Snapshot, directory: string) {
    this.#before = before;
    this.#directory = directory;
  }

  /** BPF programs, maps and links, and processes, that were not there before. */
  async left(): Promise<string[]> {
    return [...this.#bpf(await snapshot()), ...processesOf(this.#directory)];
  }

  /** Waits until nothing is left. */
  async assertNone(): Promise<void> {
    let left: string[] = [];
    const isClean = async () => {
      left = await this.left();
      return left.length === 0;
    };
    await eventually('nothing is left', isClean, patience).catch(() => {});
    assert.deepEqual(left, []);
  }

  #bpf({ programs, maps, links }: Snapshot): string[] {
    const isForeign = ({ pids = [], pinned = [] }: BpfObject) =>
      pids.length > 0 || pinned.some((path) => !path.startsWith(this.#directory));
    const foreignMaps = new Set(maps.filter(isForeign).map(({ id }) => id));
    const foreignPrograms = programs.filter(
      (each) => isForeign(each) || each.map_ids?.some((id) => foreignMaps.has(id)),
    );
    const theirs = new Set(foreignPrograms.map(({ id }) => id));
    for (const { map_ids = [] } of foreignPrograms) for (const id of map_ids) foreignMaps.add(id);
    return [
      ...news(this.#before.programs, programs, (each) => theirs.has(each.id) || !isOurs(each)),
      ...news(this.#before.maps, maps, ({ id }) => foreignMaps.has(id)),
      ...news(this.#before.links, links, (each) => theirs.has(each.prog_id) || isForeign(each)),
    ];
  }
}

function news<T extends BpfObject>(before: readonly T[], now: readonly T[], isForeign: (each: T) => boolean) {
  const known = new Set(before.map(({ id }) => id));
  const left = now.filter((each) => !known.has(each.id) && !isForeign(each));
  return left.map((each) => JSON.stringify(each));
}

function isOurs({ name = '' }: BpfProgram): boolean {
  return name.startsWith('port_ticker') || name === 'clock';
}

async function snapshot(): Promise<Snapshot> {
  const [programs, maps, links] = await Promise.all([
    list<BpfProgram>('prog'),
    list<BpfObject>('map'),
    list<BpfLink>('link'),
  ]);
  return { programs, maps, links };
}

/** With the processes that hold each object, and the paths where it is pinned. */
async function list<T extends BpfObject>(what: string): Promise<T[]> {
  const bpftool = existsSync('/usr/sbin/bpftool') ? '/usr/sbin/bpftool' : 'bpftool';
  let objects: T[] = [];
  // it fails when an object of its list is gone before it has looked at it
  await eventually(`bpftool lists each ${what}`, async () => {
    const asked = promisify(execFile)(bpftool, ['-j', '-f', what, 'show'], { maxBuffer: 2 ** 26 });
    const stdout = await asked.then(
      (answer) => answer.stdout.trim(),
      () => undefined,
    );
    if (stdout !== undefined) objects = stdout === '' ? [] : JSON.parse(stdout);
    return stdout !== undefined;
  });
  return objects;
}

/** Processes that were told of the directory, by any variable of their environment. */
function processesOf(directory: string): string[] {
  return readdirSync('/proc')
    .filter((pid) => /^\d+$/.test(pid) && read(`/proc/${pid}/environ`).includes(`=${directory}`))
    .map((pid) => `process ${pid}: ${read(`/proc/${pid}/cmdline`).replaceAll('\0', ' ')}`);
}

/** Empty when the process is gone. */
function read(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}

/** Mounts below a directory, and namespaces of sandboxes that are not there any more. */
export function traces(directory: string): string[] {
  const mounts = readFileSync('/proc/self/mountinfo', 'utf8').split('\n');
  const namespaces = existsSync('/run/netns') ? readdirSync('/run/netns') : [];
  const orphans = namespaces.filter((name) => {
    const sandbox = /^port-ticker-\w{6}(?=-)/.exec(name)?.[0];
    return sandbox !== undefined && !existsSync(join(tmpdir(), sandbox));
  });
  return [...mounts.filter((line) => line.includes(directory)), ...orphans];
}
