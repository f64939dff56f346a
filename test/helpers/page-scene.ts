import type { TestContext } from 'node:test';
import { AvroCodec } from '../../src/common/avro.ts';
import type { SensorStatus } from '../../src/common/control/records.ts';
import type { PortScanEvent } from '../../src/common/event.ts';
import type { TopicName } from '../../src/common/kafka/topics.ts';
import { sensorStatus } from './commands.ts';
import { portScanEvent } from './records.ts';
import { reportScene } from './report-scene.ts';

const topics: readonly TopicName[] = ['events', 'report', 'control', 'control-results', 'config', 'sensors'];

/** A report scene with sensors that say what a test has them say. */
export async function pageScene(t: TestContext, brokers: string) {
  const scene = await reportScene(t, brokers, topics);
  const codec = new AvroCodec<SensorStatus>('sensor-status');
  return {
    ...scene,
    async say(...changed: Partial<SensorStatus>[]): Promise<void> {
      const messages = changed.map((each) => {
        const status = sensorStatus({ time: Date.now(), ...each });
        return { key: status.sensor, value: codec.encode(status) };
      });
      await scene.write.producer.send({ topic: `${scene.prefix}.sensors`, acks: -1, messages });
    },
  };
}

/** An event of now. */
export function freshEvent(changed: Partial<PortScanEvent> = {}): PortScanEvent {
  const now = Date.now();
  return portScanEvent({ time: now, episode: now - 5_000, lastChange: now, ...changed });
}
