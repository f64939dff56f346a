import { type Examine, findingOf, ok } from '../finding.ts';

export const examine: Examine = async ({ cluster }) => {
  try {
    const count = await cluster.brokers();
    return ok(count === 1 ? 'one broker' : `${count} brokers`);
  } catch (error) {
    return findingOf(error, 'FAIL');
  }
};
