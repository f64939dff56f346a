import { TickerError } from '../../common/errors.ts';
import { type Examine, fail, findingOf, ok, warn } from './finding.ts';

export const examine: Examine = async ({ device, link, place }) => {
  try {
    const { isUp, driver } = await link();
    if (isUp) return ok(`${device} is up${driver === null ? '' : `, driver ${driver}`}`);
    return warn(`${device} is down`, `ip link set ${device} up`);
  } catch (error) {
    if (!(error instanceof TickerError) || !error.message.includes('does not exist')) return findingOf(error);
    const where = place.netns === null ? '' : ` in ${place.netns}`;
    return fail(`there is no device ${device}${where}`, 'ip link lists all; --netns names another namespace');
  }
};
