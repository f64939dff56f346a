import { TickerError } from '../../../common/errors.ts';
import { type Examine, fail, type Group, ok } from '../finding.ts';
import { isOurs } from '../link.ts';

export const group: Group = 'device';
export const doc = 'no XDP program of another owner is in place';

export const examine: Examine = async ({ device, link }) => {
  const { occupants } = await link();
  const other = occupants.find((each) => !isOurs(each));
  if (other === undefined) return ok(occupants.length > 0 ? 'only our own' : 'none');
  const { id, name, mode } = other;
  if (name === undefined) {
    const remedy = 'run doctor as root, or with CAP_BPF, to see whose it is';
    throw new TickerError(`XDP program ${id} is attached in ${mode} mode`, { code: 'NOT_ALLOWED', remedy });
  }
  return fail(
    `XDP program ${id} (${name}) of another owner is attached in ${mode} mode`,
    `detach it with the tool that attached it, or with ip link set dev ${device} xdp off`,
  );
};
