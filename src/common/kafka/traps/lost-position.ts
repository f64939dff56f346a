import { createRequire } from 'node:module';
import type { Logger } from '../../logger.ts';

/** What is used of kafkajs' internals. */
interface Lost {
  topic: string;
  partition: number;
}
interface ConsumerGroup {
  recoverFromOffsetOutOfRange(error: Lost): Promise<void>;
}

const require = createRequire(import.meta.url);

/**
 * When a group's next record is no longer there – retention has cut it off, or the topic was deleted and made anew –
 * kafkajs goes on from the topic's beginning, and only its own log says so. With this the program's log does.
 */
export function tellLostPositions(logger: Logger): void {
  const { prototype }: { prototype: ConsumerGroup } = require('kafkajs/src/consumer/consumerGroup');
  const { recoverFromOffsetOutOfRange } = prototype;
  if (recoverFromOffsetOutOfRange.name === 'tellAndRecover') return;
  prototype.recoverFromOffsetOutOfRange = async function tellAndRecover(error) {
    logger.warn(
      `partition ${error.partition} of ${error.topic} no longer has what was to be read next: its records were cut off, ` +
        'or it was made anew; reading it from its beginning',
    );
    await recoverFromOffsetOutOfRange.call(this, error);
  };
}
