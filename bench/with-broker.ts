import { type Cleanup, lastFirst } from '../test/helpers/cleanup.ts';
import { startKafka } from '../test/helpers/kafka.ts';

/** Runs a benchmark beside a broker with default settings; what it leaves to `cleanup` and the broker are gone at its end. */
export async function withBroker<T>(action: (cleanup: Cleanup, brokers: string) => Promise<T>): Promise<T> {
  const hooks: (() => unknown)[] = [];
  const cleanup = lastFirst({
    after: (hook) => {
      if (hook !== undefined) hooks.push(hook as () => unknown);
    },
  });
  try {
    const kafka = await startKafka();
    cleanup.after(() => kafka.close());
    return await action(cleanup, kafka.brokers);
  } finally {
    for (const hook of hooks) await hook();
  }
}
