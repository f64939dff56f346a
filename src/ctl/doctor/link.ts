import { TickerError } from '../../common/errors.ts';
import { tool } from './tool.ts';

/** An XDP program on a device. */
export interface Occupant {
  mode: 'driver' | 'skb' | 'hardware';
  id: number;
  /** Cut off by the kernel; undefined for whoever may not look at programs. */
  name: string | undefined;
}

/** A network device. */
export interface Link {
  isUp: boolean;
  /** Bytes. */
  mtu: number;
  occupants: readonly Occupant[];
}

/** A device as `ip` describes it; only what is read of it. */
interface Description {
  ifname: string;
  flags: string[];
  mtu: number;
  xdp?: { attached?: { mode: number; prog: { id: number; name?: string } }[] };
}

/** IFLA_XDP_ATTACHED. */
const modes: Readonly<Record<number, Occupant['mode']>> = { 1: 'driver', 2: 'skb', 3: 'hardware' };

/** Asks the kernel for a device of a network namespace, by its path; null: of this one. Throws NO_DEVICE, TOOL, TOOL_MISSING. */
export async function readLink(device: string, netns: string | null): Promise<Link> {
  const all: Description[] = JSON.parse(await tool('ip', ['-json', '-details', 'link', 'show'], netns));
  const described = all.find(({ ifname }) => ifname === device);
  if (described === undefined) {
    throw new TickerError(`there is no device ${device}${netns === null ? '' : ` in ${netns}`}`, {
      code: 'NO_DEVICE',
      remedy: 'see the devices with ip link; --netns names another namespace',
    });
  }
  const { flags, mtu, xdp } = described;
  const occupants = (xdp?.attached ?? []).flatMap(({ mode, prog }) => {
    const known = modes[mode];
    return known === undefined ? [] : [{ mode: known, id: prog.id, name: prog.name }];
  });
  return { isUp: flags.includes('UP'), mtu, occupants };
}

/** The name of a device's driver; null: it has none that says its name, like loopback. Throws TOOL_MISSING. */
export async function readDriver(device: string, netns: string | null): Promise<string | null> {
  try {
    const answer = await tool('ethtool', ['--driver', device], netns);
    return /^driver: (\S+)/m.exec(answer)?.[1] ?? null;
  } catch (error) {
    if (error instanceof TickerError && error.code === 'TOOL') return null;
    throw error;
  }
}

/** Of our programs: the kernel keeps fifteen letters of "port_ticker_frags". */
export function isOurs({ name }: Occupant): boolean {
  return name === 'port_ticker' || name === 'port_ticker_fra';
}
