import { after, before } from 'node:test';
import { sharedKafka } from './kafka.ts';

/** The broker of the tests of one file; there is none before they begin. See sharedKafka(). */
export function brokerOfFile(): { readonly brokers: string } {
  let kafka: Awaited<ReturnType<typeof sharedKafka>> | undefined;
  before(async () => {
    kafka = await sharedKafka();
  });
  after(() => kafka?.close());
  return {
    get brokers() {
      if (kafka === undefined) throw new Error('the broker is asked for before the tests begin');
      return kafka.brokers;
    },
  };
}
