import { knowsDriverMode } from '../drivers.ts';
import { type Examine, type Group, ok, warn } from '../finding.ts';
import { isOurs } from '../link.ts';

export const group: Group = 'device';
export const doc = 'its driver runs the program itself, without the slower skb mode';

const remedy = 'nothing has to be done: skb mode counts the same, at a lower rate';

export const examine: Examine = async ({ device, link, driver }) => {
  const { occupants } = await link();
  const ours = occupants.find(isOurs);
  if (ours?.mode === 'skb') return warn(`${device} is attached in skb mode`, remedy);
  if (ours !== undefined) return ok(`attached in ${ours.mode} mode`);
  const name = await driver();
  if (knowsDriverMode(name)) return ok(`the driver ${name} has driver mode`);
  const why = name === null ? `${device} names no driver` : `the driver ${name} is not known for it`;
  return warn(`driver mode is not likely: ${why}`, remedy);
};
