import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Explanation } from '../../src/common/control/records.ts';
import { explanationText } from '../../src/ctl/explain.ts';

const now = 1_790_000_000_000;

function explanation(changed: Partial<Explanation>): Explanation {
  return {
    source: '192.0.2.7',
    verdict: 'reported',
    ignoredBy: null,
    changeCount: 45,
    threshold: 20,
    distinctPorts: 38,
    ports: [22, 80, 443, 8080, 25, 110],
    episode: now - 600_000,
    lastChange: now - 3_000,
    sources: 120,
    maxSources: 65_536,
    evictions: 0,
    refusals: 3,
    idleResets: 15,
    ...changed,
  };
}

test("an explanation is the sensor's reason, what it knows of the source, and how full its table is", () => {
  assert.equal(
    explanationText(explanation({}), 'its port changed 45 times', now),
    `192.0.2.7: its port changed 45 times
    count 45, threshold 20, about 38 ports: 22, 80, 443, 8080, 25, 110 …, counting for 10 min, last change 3 s ago
    table: 120 of 65536 sources; so far 0 evicted, 3 refused, 15 reset when idle`,
  );
});

test('ports are "about" only when they are estimated', () => {
  const text = explanationText(explanation({ distinctPorts: 2, ports: [22, 80] }), null, now);
  assert.match(text, /, 2 ports: 22, 80, counting/);
});

test('an ignored source names the prefix, one that is not in the table the threshold only', () => {
  const ignored = explanation({ verdict: 'ignored', ignoredBy: '192.0.2.0/24', changeCount: null });
  assert.match(explanationText(ignored, null, now), /^ {4}ignored by 192\.0\.2\.0\/24$/m);
  const absent = explanation({ verdict: 'not-in-table', changeCount: null, distinctPorts: null, ports: [] });
  assert.match(
    explanationText(absent, 'not here', now),
    /^192\.0\.2\.7: not here\n {4}threshold 20\n {4}table: /,
  );
});
