import assert from 'node:assert/strict';
import { test } from 'node:test';
import { nearest } from '../../src/common/nearest.ts';

test('a typing mistake finds what was meant', () => {
  assert.equal(nearest('--kafka-broker', ['--kafka-ssl', '--kafka-brokers', '--help']), '--kafka-brokers');
  assert.equal(nearest('stauts', ['explain', 'status', 'doctor']), 'status');
});

test('a word that resembles nothing finds nothing', () => {
  assert.equal(nearest('--frobnicate', ['--kafka-ssl', '--help']), undefined);
  assert.equal(nearest('x', []), undefined);
});
