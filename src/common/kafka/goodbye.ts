import { within } from '../within.ts';

/** What a goodbye may take that nobody needs; ms. */
const usual = 3_000;

/** Disconnects a client that is of no more use. Resolves also when it cannot, or not in time: it is given up in any case. */
export async function sayGoodbye(
  client: { disconnect: () => Promise<unknown> } | undefined,
  ms: number = usual,
): Promise<void> {
  if (client === undefined) return;
  await within(client.disconnect(), { from: 'Kafka to a goodbye', ms }).catch(() => undefined);
}
