import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ControlResult } from '../../src/common/control/records.ts';
import { Answers } from '../../src/ctl/answers.ts';
import { controlCommand } from '../helpers/commands.ts';

/** The answers to a request of so many commands, expected of these sensors, and a way to give some. */
function request(commands: number, ...expected: string[]) {
  const all = Array.from({ length: commands }, () => controlCommand());
  const answers = new Answers({ what: 'a request', commands: all }, expected);
  const take = (index: number, given: Partial<ControlResult>) =>
    answers
      .take({
        commandId: all[index]?.id ?? 'of somebody else',
        sensor: null,
        status: 'ACCEPTED',
        reason: null,
        configVersion: null,
        time: 0,
        explanation: null,
        ...given,
      })
      .map(({ sensor, status, reason }) => [sensor, status, reason]);
  return { answers, take };
}

test('a request ends when it was accepted and every sensor that is expected to has applied it', () => {
  const { answers, take } = request(1, 'edge1', 'edge2');
  assert.deepEqual(take(0, {}), []);
  assert.deepEqual(take(0, { sensor: 'edge2', status: 'APPLIED' }), [['edge2', 'APPLIED', null]]);
  assert.deepEqual([answers.isComplete, answers.missing], [false, ['edge1']]);
  assert.deepEqual(take(0, { sensor: 'edge1', status: 'APPLIED' }), [['edge1', 'APPLIED', null]]);
  assert.deepEqual([answers.isComplete, answers.hasFailed], [true, false]);
});

test('a refused request waits for no sensor', () => {
  const { answers, take } = request(1, 'edge1');
  assert.deepEqual(take(0, { status: 'REJECTED', reason: 'no' }), [[null, 'REJECTED', 'no']]);
  assert.deepEqual([answers.isComplete, answers.hasFailed, answers.missing], [true, true, []]);
});

test('results of others, repeated results and duplicates change nothing', () => {
  const { answers, take } = request(1, 'edge1');
  assert.deepEqual(take(7, { status: 'REJECTED' }), []);
  assert.deepEqual(take(0, { status: 'DUPLICATE' }), []);
  assert.equal(answers.isJudged, false);
  take(0, {});
  assert.equal(take(0, { sensor: 'edge1', status: 'APPLIED' }).length, 1);
  assert.equal(take(0, { sensor: 'edge1', status: 'APPLIED' }).length, 0);
  assert.equal(answers.outcomes.length, 1);
});

test('a request of several commands ends at a sensor once, with the first that it did not apply', () => {
  const { answers, take } = request(3, 'edge1');
  take(0, {});
  take(1, {});
  assert.deepEqual(take(0, { sensor: 'edge1', status: 'APPLIED' }), []);
  assert.deepEqual(take(1, { sensor: 'edge1', status: 'FAILED', reason: 'no room' }), []);
  assert.deepEqual(take(2, {}), []);
  assert.deepEqual(take(2, { sensor: 'edge1', status: 'APPLIED' }), [['edge1', 'FAILED', 'no room']]);
  assert.deepEqual([answers.isComplete, answers.hasFailed], [true, true]);
});

test('of a request that was refused in part, sensors answer what was accepted', () => {
  const { answers, take } = request(2, 'edge1');
  take(0, {});
  assert.deepEqual(take(0, { sensor: 'edge1', status: 'APPLIED' }), []);
  assert.deepEqual(take(1, { status: 'REJECTED', reason: 'too many' }), [
    [null, 'REJECTED', 'too many'],
    ['edge1', 'APPLIED', null],
  ]);
  assert.deepEqual([answers.isComplete, answers.hasFailed], [true, true]);
});

test('a sensor that was not expected is told as well', () => {
  const { take } = request(1);
  take(0, {});
  assert.deepEqual(take(0, { sensor: 'edge9', status: 'APPLIED' }), [['edge9', 'APPLIED', null]]);
});
