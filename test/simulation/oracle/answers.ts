import { channels, control } from '../topics.ts';
import type { World } from '../world.ts';
import { parsed } from './commands.ts';
import type { Problem } from './problem.ts';

/** Watches that no reset is answered before what says so is in the topic of events. */
export class AnswerWatch {
  readonly problems: Problem[] = [];
  readonly #broker: World['broker'];

  constructor(broker: World['broker']) {
    this.#broker = broker;
    broker.log(control.results.topic, 0).onCommitted = ({ value }) => {
      // Done before the next turn: decoding waits for nothing.
      if (value !== null) void this.#check(value);
    };
  }

  async #check(value: Buffer): Promise<void> {
    const { commandId, sensor, status } = await control.results.result.decode(value);
    if (sensor === null || status !== 'APPLIED') return;
    const sent = this.#broker.log(control.control.topic, 0).records;
    const record = sent.find((each) => parsed(each.value)?.id === commandId);
    const command = parsed(record?.value ?? null);
    if (record === undefined || command?.command !== 'reset-source') return;
    for (const { records } of this.#broker.partitions(channels.events.topic)) {
      for (const each of records) {
        const event = await channels.events.codec.decode(each.value ?? Buffer.alloc(0));
        const isIt = event.reason === 'RESET' && event.sensor === sensor && event.source === command.source;
        if (isIt && event.time >= record.timestamp) return;
      }
    }
    this.problems.push({
      kind: 'answer',
      what: `${sensor} has not reset ${command.source} yet, but says so`,
    });
  }
}
