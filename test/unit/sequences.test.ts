import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Sequences } from '../../src/consumer/sequences.ts';

/** Events of edge1, read by these numbers. */
function read(sequences: Sequences, ...numbers: number[]): void {
  for (const number of numbers) sequences.read('edge1', 'e', number);
}

/** edge1 says that all up to a number are delivered. */
function delivered(
  sequences: Sequences,
  sequence: number,
  changed: { ringUsed?: number; epoch?: string } = {},
) {
  sequences.judge([{ sensor: 'edge1', epoch: 'e', sequence, ringUsed: 0, ...changed }]);
}

test('an event that its sensor has delivered, and nobody has read, is missing', () => {
  const sequences = new Sequences();
  read(sequences, 1);
  delivered(sequences, 1);
  read(sequences, 2, 5, 4);
  assert.equal(sequences.missing, 0);
  delivered(sequences, 5);
  assert.equal(sequences.missing, 1);
  delivered(sequences, 5);
  assert.equal(sequences.missing, 1, 'once');
});

test('the last ones are missed, too', () => {
  const sequences = new Sequences();
  read(sequences, 1);
  delivered(sequences, 1);
  delivered(sequences, 4);
  assert.equal(sequences.missing, 3);
});

test('a batch that is in one partition and not yet in another is not missing: its sensor has not delivered it', () => {
  const sequences = new Sequences();
  read(sequences, 1);
  delivered(sequences, 1);
  read(sequences, 2, 4, 9);
  delivered(sequences, 9, { ringUsed: 136 });
  read(sequences, 3, 5, 6, 7, 8);
  delivered(sequences, 9);
  assert.equal(sequences.missing, 0);
});

test('what came before the first event that was read is not missing, nor the rest of its batch', () => {
  const sequences = new Sequences();
  delivered(sequences, 90);
  read(sequences, 101, 103);
  delivered(sequences, 104);
  assert.equal(sequences.missing, 0);
  read(sequences, 105, 107);
  delivered(sequences, 107);
  assert.equal(sequences.missing, 1);
});

test('an event that comes again is a duplicate, judged or not', () => {
  const sequences = new Sequences();
  read(sequences, 1, 2, 2);
  assert.equal(sequences.duplicates, 1);
  delivered(sequences, 2);
  read(sequences, 1, 3);
  assert.equal(sequences.duplicates, 2);
});

test('each epoch has a sequence of its own, and one that is over is forgotten', () => {
  const sequences = new Sequences();
  read(sequences, 1, 2);
  delivered(sequences, 2);
  sequences.read('edge1', 'f', 1);
  delivered(sequences, 1, { epoch: 'f' });
  assert.deepEqual([sequences.missing, sequences.duplicates], [0, 0]);
  read(sequences, 2);
  assert.equal(sequences.duplicates, 0, 'as if it had never been read');
});

test('an epoch that is never said to be delivered takes no memory without end', () => {
  const sequences = new Sequences();
  for (let sequence = 1; sequence <= 20_001; sequence += 2) read(sequences, sequence);
  read(sequences, 2);
  assert.deepEqual([sequences.missing, sequences.duplicates], [0, 1], 'what is so old is taken for read');
});
