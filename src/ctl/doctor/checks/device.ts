import { TickerError } from '../../../common/errors.ts';
import { type Examine, findingOf, type Group, ok, warn } from '../finding.ts';

export const group: Group = 'device';
export const doc = 'the device is there and up';

export const examine: Examine = async ({ device, link }) => {
  try {
    const { isUp } = await link();
    if (isUp) return ok(`${device} is up`);
    return warn(`${device} is down`, `ip link set ${device} up`);
  } catch (error) {
    const isMissing = error instanceof TickerError && error.code === 'NO_DEVICE';
    return findingOf(error, isMissing ? 'FAIL' : 'UNKNOWN');
  }
};
