import assert from 'node:assert/strict';
import { test } from 'node:test';
import { describe, exitCodeOf, exitCodes, TickerError } from '../../src/common/errors.ts';

test('an error is described in one line: what failed, why, and what helps', () => {
  const cause = new Error('connect ECONNREFUSED 127.0.0.1:9092');
  const error = new TickerError('Kafka cannot be reached', {
    code: 'KAFKA',
    remedy: 'check that it runs',
    cause,
  });
  assert.equal(
    describe(error),
    'Kafka cannot be reached: connect ECONNREFUSED 127.0.0.1:9092 – check that it runs',
  );
});

test('a cause that the message repeats is said once, and no stack is shown', () => {
  const error = new Error('reading failed: ENOENT', { cause: new Error('ENOENT') });
  assert.equal(describe(error), 'reading failed: ENOENT');
  assert.equal(describe('thrown text'), 'thrown text');
});

test('exit codes are distinct and none is one of the shell or of success', () => {
  const codes = Object.values(exitCodes);
  assert.equal(new Set(codes).size, codes.length);
  assert.ok(codes.every((code) => code >= 64 && code < 125));
});

test('the exit code follows the code of the error, whatever is unknown is an internal failure', () => {
  assert.equal(exitCodeOf(new TickerError('', { code: 'SETTINGS', remedy: '' })), 78);
  assert.equal(exitCodeOf(new TickerError('', { code: 'NEVER_HEARD', remedy: '' })), exitCodes.INTERNAL);
  assert.equal(exitCodeOf(new RangeError('defect')), exitCodes.INTERNAL);
});
