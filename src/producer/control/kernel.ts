import type { Attachment } from '../../../xdp/addon/addon.d.ts';
import type { XdpMode } from '../../common/control/records.ts';
import type { Desired } from '../../common/control/resolve.ts';
import type { PortScanEvent } from '../../common/event.ts';

/** What of a configuration is numbers and flags: set together, at once. */
export type Numbers = Pick<Desired, 'threshold' | 'icmpEnable' | 'countPolicy' | 'idleReset'>;

/** How full the kernel part is, and what it has counted in this epoch. */
export interface Usage {
  sources: number;
  maxSources: number;
  /** Bytes, as ringSize. */
  ringUsed: number;
  ringSize: number;
  sequence: number;
  drops: number;
  /** By name in lower case: packets_ipv4 … */
  statistics: Record<string, number>;
}

/** The kernel part as the control plane sees it. Failures are TickerErrors. */
export interface Kernel {
  /** 16 hexadecimal digits. */
  readonly epoch: string;
  /** True when the maps were there at the start, with the numbers, the ignore list and the devices of an earlier process. */
  readonly isResumed: boolean;
  /** In force now. */
  readonly numbers: Numbers;
  readonly ignored: ReadonlySet<string>;
  setNumbers(numbers: Numbers): void;
  /** Brings the ignore list to exactly these prefixes, RFC 5952 text and length. */
  setIgnored(prefixes: ReadonlySet<string>): void;
  /** Puts back what somebody has removed of what outlives this process. */
  restorePins(): void;
  /** Attached already in a fitting mode is fine. Fails with UNKNOWN_DEVICE while the device is not there. */
  attach(device: string, mode: XdpMode): Attachment;
  detach(device: string): void;
  attachments(): Attachment[];
  /** Network devices in the sensor's namespace. */
  presentDevices(): string[];
  usage(): Usage;
  /** The table's entry of a source, null when it has none. */
  find(source: string): PortScanEvent | null;
  /**
   * Forgets a source, or all of them (null), and says so by RESET events. What was counted until now is delivered
   * before. Rejects when the signal is aborted first.
   */
  reset(source: string | null, signal: AbortSignal): Promise<void>;
}
