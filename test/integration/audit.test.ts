import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { AvroCodec } from '../../src/common/avro.ts';
import type { PortScanEvent } from '../../src/common/event.ts';
import { prepareTopics } from '../../src/common/kafka/topics.ts';
import { SequenceAudit } from '../../src/consumer/audit.ts';
import { brokerOfFile } from '../helpers/broker-of-file.ts';
import { sensorStatus } from '../helpers/commands.ts';
import { eventually } from '../helpers/eventually.ts';
import { persistently } from '../helpers/persistently.ts';
import { portScanEvent } from '../helpers/records.ts';
import { topicPrefix } from '../helpers/topic-prefix.ts';
import { kafkaClient, kafkaSettings, recordWriter, silent } from '../helpers/topics.ts';

const broker = brokerOfFile();

/** An audit over a real topic, and what its sensor and its duty are at the moment. */
async function scene(t: TestContext) {
  const { brokers } = broker;
  const prefix = topicPrefix(t, brokers);
  await persistently(() => prepareTopics(kafkaClient(brokers), kafkaSettings(brokers, prefix), ['events']));
  const write = await recordWriter(t, brokers, prefix);
  let looks = 0;
  const duty: { term: object | undefined; delivered: number } = { term: {}, delivered: 0 };
  const audit = new SequenceAudit({
    ...{ kafka: kafkaClient(brokers), brokers: [brokers], topic: `${prefix}.events`, logger: silent },
    interval: 100,
    codec: new AvroCodec<PortScanEvent>('port-scan-event'),
    control: {
      get term() {
        return duty.term;
      },
      sensors: {
        statuses() {
          looks += 1;
          return [sensorStatus({ sequence: duty.delivered })];
        },
      },
    },
  });
  audit.start();
  t.after(() => audit.close());
  return {
    audit,
    duty,
    /** Events over all partitions. */
    deliver: (...sequences: number[]) =>
      write.events(
        ...sequences.map((sequence) => portScanEvent({ sequence, source: `192.0.2.${sequence}` })),
      ),
    /** Waits for a judgement that began after this call: the next look may have begun before. */
    async judged(): Promise<void> {
      const last = looks + 2;
      await eventually('it has judged', () => looks >= last, 30_000);
    },
  };
}

test('what is missing or twice over all partitions is counted, from the first event on that is read', async (t) => {
  const { audit, duty, deliver, judged } = await scene(t);
  await deliver(1, 2, 3, 5);
  await judged();
  await deliver(6, 7, 9);
  duty.delivered = 9;
  await judged();
  assert.deepEqual([audit.sequences.missing, audit.sequences.duplicates], [0, 0], 'where it began');

  await deliver(10, 12, 13, 16, 17, 12);
  duty.delivered = 18;
  await judged();
  assert.deepEqual([audit.sequences.missing, audit.sequences.duplicates], [4, 1], '11, 14, 15, 18; 12');
});

test('only who owns the control partition reads, and begins anew when it is its turn', async (t) => {
  const { audit, duty, deliver, judged } = await scene(t);
  await judged();
  await deliver(1);
  duty.delivered = 1;
  await judged();
  duty.term = undefined;
  await deliver(3);
  duty.delivered = 3;
  await eventually('it reads no more', () => !audit.isReading, 30_000);
  duty.term = {};
  await judged();
  await deliver(4, 6);
  duty.delivered = 6;
  await judged();
  assert.deepEqual([audit.sequences.missing, audit.sequences.duplicates], [0, 0]);
  await deliver(8);
  duty.delivered = 8;
  await judged();
  assert.equal(audit.sequences.missing, 1);
});
