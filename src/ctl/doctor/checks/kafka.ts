import { type Examine, findingOf, type Group, ok } from '../finding.ts';

export const group: Group = 'kafka';
export const doc = 'the brokers can be reached and take the login';

export const examine: Examine = async ({ cluster }) => {
  try {
    const count = await cluster.brokers();
    return ok(count === 1 ? 'one broker' : `${count} brokers`);
  } catch (error) {
    return findingOf(error, 'FAIL');
  }
};
