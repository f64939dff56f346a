import { knowsDriverMode } from './drivers.ts';
import { type Examine, ok, warn } from './finding.ts';
import { isOurs } from './link.ts';

export const examine: Examine = async ({ device, link }) => {
  const { driver, occupants } = await link();
  const ours = occupants.find(isOurs);
  if (ours !== undefined && ours.mode !== 'skb') return ok(`attached in ${ours.mode} mode`);
  const remedy = 'nothing has to be done: skb mode counts the same, at a lower rate';
  const name = driver === null ? `${device} has no driver that says its name` : `the driver ${driver}`;
  if (ours !== undefined) return warn(`${device} is attached in skb mode`, remedy);
  if (knowsDriverMode(driver)) return ok(`${name} has driver mode`);
  return warn(`${name}${driver === null ? ':' : ' is not known for'} driver mode is not likely`, remedy);
};
