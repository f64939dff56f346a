import { readdirSync, readFileSync } from 'node:fs';
import type { Inspector } from './inspector.ts';

/** What a program holds after its garbage is collected. Sizes in MB. */
export interface Resources {
  resident: number;
  heap: number;
  /** Outside of V8's heap: buffers. */
  external: number;
  files: number;
  /** Timers, sockets, polls …: libuv's handles and requests that keep a program alive. */
  handles: number;
  /** Programs, maps and links of BPF that it has open. */
  bpf: number;
}

const mega = 1_000_000;

export async function resourcesOf(pid: number, inspector: Inspector): Promise<Resources> {
  await inspector.collectGarbage();
  const memory = await inspector.evaluate<NodeJS.MemoryUsage>('process.memoryUsage()');
  return {
    resident: memory.rss / mega,
    heap: memory.heapUsed / mega,
    external: memory.external / mega,
    files: readdirSync(`/proc/${pid}/fd`).length,
    handles: await inspector.evaluate<number>('process.getActiveResourcesInfo().length'),
    bpf: readdirSync(`/proc/${pid}/fdinfo`).filter((file) => isBpf(`/proc/${pid}/fdinfo/${file}`)).length,
  };
}

/** A file may be closed meanwhile. */
function isBpf(info: string): boolean {
  try {
    return /^(prog|map|link)_(id|type):/m.test(readFileSync(info, 'utf8'));
  } catch {
    return false;
  }
}
