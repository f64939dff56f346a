/**
 * The addon: owns handles and moves bytes, decides nothing.
 *
 * Every method is synchronous and takes time only for what the caller asked for. Every failure is a thrown
 * `NativeError`. Use after `close()` throws one with code `ECLOSED`; closing twice is fine.
 */

/** What the addon throws. `src/producer/native.ts` turns it into a TickerError. */
export interface NativeError extends Error {
  /**
   * An errno name (EBUSY: an XDP program of another owner is in place, ENODEV, EACCES …) or one of the addon's
   * own: ECLOSED, ELOCKED, EMODE (the device cannot do driver mode), ENETNS, ENOBPFFS, ENOCAP, EOLDKERNEL, EPINS,
   * EVERIFIER.
   */
  readonly code: string;
  /** What was being done, to what: "attach eth0 in driver mode". */
  readonly action: string;
  /** What the user can do about it, one sentence. */
  readonly remedy: string;
}

/** Shapes of xdp/event.h, read from the BTF of the very object that is loaded. Offsets and sizes in bytes. */
export interface Layout {
  readonly version: number;
  readonly structs: Readonly<
    Record<
      'head' | 'source' | 'event' | 'settings' | 'counters' | 'epoch',
      {
        readonly size: number;
        readonly fields: Readonly<Record<string, { readonly offset: number; readonly size: number }>>;
      }
    >
  >;
  /** Enumerators by enum ("reason", "statistic"), then by their name in C ("REASON_THRESHOLD"). */
  readonly enums: Readonly<
    Record<'reason' | 'statistic' | 'kind' | 'tool' | 'flag', Readonly<Record<string, number>>>
  >;
}

export type AttachMode = 'auto' | 'driver' | 'skb';

export interface SensorOptions {
  /** A directory on a bpf file system; created when missing. The maps live in `layout_N` below it. */
  readonly pinDirectory: string;
  /** Sources the table holds: a power of two, 4 096 … 8 Mi. Pinned maps of another size are refused (EPINS). */
  readonly maxSources: number;
  /** Size of the ring: a power of two, at least a page. */
  readonly ringBytes: number;
  /** Path of a network namespace (/run/netns/NAME, /proc/PID/ns/net) that the devices live in. */
  readonly netns?: string;
}

export interface Epoch {
  /** 16 hexadecimal digits. */
  readonly id: string;
  /** The kernel's tick … */
  readonly bornTick: number;
  /** … at this time, ms since 1970. */
  readonly bornTime: number;
  readonly ticksPerSecond: number;
  readonly maxSources: number;
  /** False when this process made the maps, true when it found them pinned. */
  readonly resumed: boolean;
}

export interface Attachment {
  readonly device: string;
  readonly ifindex: number;
  /** The mode the kernel really uses. */
  readonly mode: 'driver' | 'skb';
  readonly programId: number;
  /** Another one whenever it was attached anew. */
  readonly linkId: number;
}

/** What a version with another table layout has left pinned. */
export interface Leftover {
  readonly path: string;
  /** That its program is attached to. */
  readonly devices: readonly string[];
  /** Bytes in its ring. Only a version with its layout can deliver them. */
  readonly undelivered: number;
}

export interface Settings {
  readonly threshold: number;
  readonly idleTicks: number;
  readonly icmpEnable: boolean;
  readonly countAll: boolean;
}

/** One sensor: lock, maps, program, links. Only one per pin directory at a time, over all processes. */
export class Sensor {
  /**
   * In this order: checks capabilities, kernel and bpf file system; takes the lock (flock on the pin
   * directory); makes the maps or opens the pinned ones; loads the program; moves links that an earlier
   * process left pinned to the new program. Undoes everything when a step fails.
   */
  constructor(options: SensorOptions);
  readonly epoch: Epoch;
  /**
   * Pins again what somebody has removed since, and takes the lock again if need be. True when anything was missing.
   * ELOCKED or EPINS when another sensor has taken the place.
   */
  restorePins(): boolean;
  /**
   * Attaches to a device of the namespace. Repeating it with the same mode is fine; `auto` tries driver mode, then skb.
   * What a version with another table layout has attached is adopted, without a packet uncounted.
   */
  attach(device: string, mode: AttachMode): Attachment;
  /** ENOENT when it is not attached. */
  detach(device: string): void;
  /** Those of other layouts too, as long as they are neither adopted nor detached. */
  attachments(): Attachment[];
  /** In force now. */
  readonly settings: Settings;
  /** Takes effect for all fields at once. */
  writeSettings(settings: Settings): void;
  /** Prefixes as packed 18-byte entries: family (4 or 6), length in bits, address (16 bytes, IPv4 in the first 4). */
  ignoreAdd(prefixes: Uint8Array): void;
  ignoreRemove(prefixes: Uint8Array): void;
  ignoreList(): Uint8Array;
  /** Tells the program the addresses and ephemeral ports of the devices' namespace, as they are now. */
  refreshSurroundings(): void;
  /** Ports that listen elsewhere (DNAT, load balancers): one bit a port, port 0 the lowest bit of the first byte. */
  setOpenPorts(bits: Uint8Array): void;
  /** Sums over all CPUs, indexed by enum statistic. */
  statistics(): Float64Array;
  counters(): { readonly sequence: number; readonly drops: number };
  /** Adds to `drops`, for crossings that are lost behind the ring. The counter is pinned: it outlives the process. */
  addDrops(count: number): void;
  /** The kernel's tick now, all 64 bits. */
  tick(): number;
  /** The ring of this sensor: one reader at a time. */
  openRing(): Ring;
  /**
   * Copies entries of the table whose count is above `threshold` and was not published yet, without a system call.
   * Each entry is 72 bytes: slot (u32, host order), 0 (u32), then struct source as of now.
   * Looks at up to `limit` slots from slot `from` on and stops early when `into` is full.
   * Returns the entries written and the slot to go on from: maxSources when the table is through.
   */
  collect(
    into: Uint8Array,
    from: number,
    limit: number,
    threshold: number,
  ): { entries: number; next: number };
  /** Marks collected entries as published, unless they have begun a new episode meanwhile. */
  settle(entries: Uint8Array, count: number): void;
  /** The table's entry of an address (16 bytes, IPv4 mapped), 72 bytes as in collect, or null. A scan of the table. */
  find(address: Uint8Array): Uint8Array | null;
  /** Sources in the table now. */
  sourceCount(): number;
  /** Gives up what is known of an address: its next packet begins a new episode. False when it was not in the table. */
  forget(address: Uint8Array): boolean;
  forgetAll(): void;
  /** Runs the program on a frame without a device: for tests and self-checks. */
  testRun(frame: Uint8Array, repeat?: number): { verdict: number; nanoseconds: number };
  /** Removes the pins of other table layouts that have no attachment and nothing undelivered; returns the others. */
  removeOthers(): Leftover[];
  /** Detaches everything and removes the pins, the pin directory too when it is empty. The sensor stays usable until close(). */
  unpin(): void;
  /** Lets go of everything, also the lock. What is attached and pinned stays and goes on counting. */
  close(): void;
}

/** Pull, then ack what has been delivered: what was not acked is read again by the next process. */
export interface Ring {
  /** Copies as many whole events (struct event, back to back) as are ready and fit, and returns how many; 0 = none. */
  pull(into: Uint8Array): number;
  /** Frees the ring up to a position that `position` has had. */
  ack(position: number): void;
  /** Where the next pull begins; grows for ever. */
  readonly position: number;
  readonly acked: number;
  /** Bytes that are not acked. */
  readonly used: number;
  readonly size: number;
  /** Once a ring. Calls back once for each `arm()`, when something beyond the acked position is there. */
  onReadable(callback: () => void): void;
  arm(): void;
  ref(): void;
  unref(): void;
  close(): void;
}

/** Hears of network devices and addresses that come, go or change. `netns` as in SensorOptions. */
export class LinkWatch {
  constructor(netns?: string);
  /** Devices that are there now. */
  names(): string[];
  /** Once a watch. Calls back once for each `arm()`, when something changes after it. */
  onChange(callback: () => void): void;
  arm(): void;
  ref(): void;
  unref(): void;
  close(): void;
}

export interface Addon {
  readonly layout: Layout;
  readonly Sensor: typeof Sensor;
  readonly LinkWatch: typeof LinkWatch;
  /** Detaches what a pin directory holds, or one device only, and unpins all when nothing is attached any more.
   * Returns the devices. Needs the lock. */
  remove(options: { pinDirectory: string; device?: string; netns?: string }): string[];
}
