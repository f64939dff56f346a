import { release } from 'node:os';
import { knowsDriverMode, takesSeveralBuffers } from '../drivers.ts';
import { type Examine, type Group, ok, warn } from '../finding.ts';
import { kernelIsAtLeast } from '../kernel-version.ts';
import { isOurs } from '../link.ts';

export const group: Group = 'device';
export const doc = 'its frames are not too large for driver mode';

/** What of a page is left for a frame behind XDP's headroom and before the kernel's tail room; bytes, some drivers have a few more. */
const onePage = 3_498;

export const examine: Examine = async ({ device, link, driver }) => {
  const { mtu, occupants } = await link();
  const fits = mtu <= onePage || occupants.some((each) => isOurs(each) && each.mode === 'driver');
  if (fits) return ok(`MTU ${mtu}`);
  const name = await driver();
  if (!knowsDriverMode(name)) return ok(`MTU ${mtu}, for skb mode`);
  const remedy = `ip link set ${device} mtu ${onePage}, or let it be attached in skb mode (auto does)`;
  if (!kernelIsAtLeast(5, 18))
    return warn(`MTU ${mtu} is too large for driver mode before Linux 5.18, this is ${release()}`, remedy);
  if (!takesSeveralBuffers(name))
    return warn(`MTU ${mtu} may be too large for driver mode with the driver ${name}`, remedy);
  return ok(`MTU ${mtu}, frames of several buffers`);
};
