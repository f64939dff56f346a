import { type Examine, type Group, ok, warn } from '../finding.ts';
import { tool } from '../tool.ts';

export const group: Group = 'device';
export const doc = 'VLAN tags are still there when the program sees a frame';

export const examine: Examine = async ({ device, place, link }) => {
  await link(); // a device that is not there is told once
  const features = await tool('ethtool', ['--show-features', device], place.netns);
  if (!/^rx-vlan-offload: on/m.test(features)) return ok('tags stay on the frames');
  return warn(
    `${device} takes VLAN tags off before the program sees a frame: events do not name the VLAN`,
    `ethtool -K ${device} rxvlan off, where VLANs matter`,
  );
};
