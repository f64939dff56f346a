import assert from 'node:assert/strict';
import { test } from 'node:test';
import kafkajs from 'kafkajs';
import { partitionByKey } from '../../src/producer/partitioner.ts';

const metadata = (partitions: number) =>
  Array.from({ length: partitions }, (_, partitionId) => ({
    ...{ partitionErrorCode: 0, partitionId, leader: 1, replicas: [1], isr: [1] },
  }));

test('every key has the partition that other clients of Kafka give it', () => {
  const own = partitionByKey();
  const theirs = kafkajs.Partitioners.DefaultPartitioner();
  const keys = Array.from({ length: 2000 }, (_, index) => `${'2001:db8::'.slice(0, index % 11)}${index}ü`);
  for (const key of ['', 'a', '192.0.2.1', ...keys]) {
    for (const partitions of [1, 6, 100]) {
      const question = {
        topic: 'events',
        partitionMetadata: metadata(partitions),
        message: { key, value: '' },
      };
      assert.equal(own(question), theirs(question), `${key} of ${partitions}`);
    }
  }
});
