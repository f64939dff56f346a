import assert from 'node:assert/strict';
import { AvroCodec } from '../../src/common/avro.ts';
import type { SensorConfig } from '../../src/common/control/records.ts';
import { type Signer, signatureHeader, signatureOf } from '../../src/common/control/signature.ts';
import { keyPair, signatureFiles } from '../helpers/keys.ts';
import { privilegedTest } from '../helpers/privileged.ts';
import { ScanStack, sensorStatus, untilStatus } from '../helpers/scan-stack.ts';
import { recordWriter } from '../helpers/topics.ts';

const codec = new AvroCodec<SensorConfig>('sensor-config');

/** A configuration that sets only the threshold. */
function thresholdConfig(threshold: number, version: number): SensorConfig {
  return {
    sensor: 'edge1',
    version,
    threshold: { value: threshold, offset: version },
    icmpEnable: null,
    countPolicy: null,
    idleReset: null,
    devices: [],
    commands: [],
  };
}

privilegedTest(
  'where signatures are required, only what a trusted consumer has signed is applied',
  async (t) => {
    const stack = await ScanStack.create(t);
    const [operator, trusted, stranger] = [keyPair('ops'), keyPair('fold'), keyPair('fold')];
    const files = signatureFiles(stack.sandbox.directory, operator, trusted);
    const { KAFKA_BROKERS = '', TOPIC_PREFIX = '' } = stack.settings;
    const consumer = stack.consumer(files);
    const { SIGNATURES = '', SIGNATURE_KEYS_FILE = '' } = files;
    const sensor = stack.producer({ SIGNATURES, SIGNATURE_KEYS_FILE });
    await Promise.all([consumer.ready(), sensor.ready()]);

    const { producer } = await recordWriter(t, KAFKA_BROKERS, TOPIC_PREFIX);
    const write = async (config: SensorConfig, signer: Signer | null) => {
      const record = { topic: `${TOPIC_PREFIX}.config`, key: config.sensor, value: codec.encode(config) };
      const headers = signer === null ? {} : { [signatureHeader]: signatureOf(record, signer) };
      await producer.send({
        topic: record.topic,
        acks: -1,
        messages: [{ key: record.key, value: record.value, headers }],
      });
    };

    await write(thresholdConfig(100, 5), trusted.signer);
    await untilStatus(
      consumer,
      'what is signed is in force',
      (s) => s.threshold === 100 && s.state === 'RUNNING',
    );
    for (const [signer, reason] of [
      [null, /it is not signed/],
      [stranger.signer, /not what the key fold has signed/],
      [operator.signer, /has not the role consumer/],
    ] as const) {
      await write(thresholdConfig(1, 9), signer);
      await untilStatus(
        consumer,
        `${reason} is reported`,
        (s) => s.state === 'DEGRADED' && reason.test(s.lastError ?? ''),
      );
      assert.equal((await sensorStatus(consumer))?.threshold, 100);
    }
    await write(thresholdConfig(300, 6), trusted.signer);
    await untilStatus(
      consumer,
      'the next good one is in force',
      (s) => s.threshold === 300 && s.state === 'RUNNING',
    );
    await write(thresholdConfig(100, 5), trusted.signer);
    await write({ ...thresholdConfig(300, 7), idleReset: { value: 77, offset: 7 } }, trusted.signer);
    await untilStatus(
      consumer,
      'an older version is left out',
      (s) => s.threshold === 300 && s.idleReset === 77,
    );
  },
);
