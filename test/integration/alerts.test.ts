import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { AvroCodec } from '../../src/common/avro.ts';
import type { SensorStatus } from '../../src/common/control/records.ts';
import type { PortScanEvent } from '../../src/common/event.ts';
import { readToEnd } from '../../src/common/kafka/reader.ts';
import { brokerOfFile } from '../helpers/broker-of-file.ts';
import { sensorStatus } from '../helpers/commands.ts';
import { eventually } from '../helpers/eventually.ts';
import { countUpdate, portScanEvent } from '../helpers/records.ts';
import { reportScene } from '../helpers/report-scene.ts';
import { kafkaClient } from '../helpers/topics.ts';

const broker = brokerOfFile();

interface Alert {
  key: string;
  id: string;
  action: string;
  severity: number;
  document: Record<string, unknown>;
}

interface ReportRow {
  source: string;
  severity: number;
  summary: string;
}

/** Topics of its own, a writer to them, consumers on them, and what they have alerted. */
async function scene(t: TestContext) {
  const scene = await reportScene(t, broker.brokers, ['events', 'report', 'alerts']);
  const { prefix } = scene;
  return {
    ...scene,
    alerts: () => readAlerts(prefix),
    /** Waits until these are all alerts there are, as "severity key", in any order. */
    async alerted(...expected: string[]): Promise<Alert[]> {
      let alerts: Alert[] = [];
      const wanted = JSON.stringify(expected.toSorted());
      const found = () => JSON.stringify(alerts.map(({ severity, key }) => `${severity} ${key}`).toSorted());
      await eventually(
        `the alerts are ${wanted}`,
        async () => {
          alerts = await readAlerts(prefix);
          return found() === wanted;
        },
        20_000,
      ).catch((cause: unknown) => {
        throw new Error(`the alerts are ${found()}`, { cause });
      });
      return alerts;
    },
  };
}

async function readAlerts(prefix: string): Promise<Alert[]> {
  const alerts: Alert[] = [];
  await readToEnd(kafkaClient(broker.brokers), `${prefix}.alerts`, (_, records) => {
    for (const { key, value, headers } of records) {
      const header = (name: string) => String(headers[name]);
      alerts.push({
        key: String(key),
        id: header('id'),
        action: header('action'),
        severity: Number(header('severity')),
        document: JSON.parse(String(value)),
      });
    }
  });
  return alerts;
}

/** A scan that is not at its verdict yet: severity 47. */
function unjudged(changed: Partial<PortScanEvent> = {}): PortScanEvent {
  return portScanEvent({ verdict: false, score: 0, ...changed });
}

test('a row is alerted once at each severity, as an ECS document with the id of its record', async (t) => {
  const { write, consumer, alerts, alerted } = await scene(t);
  const service = await consumer({ KNOWN_SCANNERS: '198.51.100.0/24' });
  const busy = portScanEvent({ source: '192.0.2.9', distinctPorts: 2, verdict: false });
  await write.events(unjudged(), busy, portScanEvent({ source: '198.51.100.1' }));
  await alerted('47 192.0.2.1');
  await write.events(portScanEvent({ changeCount: 30 }));
  await alerted('47 192.0.2.1', '73 192.0.2.1');
  await write.events(countUpdate({ changeCount: 42 }));
  const all = await alerted('47 192.0.2.1', '73 192.0.2.1', '99 192.0.2.1');
  for (const { id, action, severity, document } of all) {
    const event = Object(document['event']);
    assert.deepEqual([event.id, event.action, event.severity], [id, action, severity]);
    assert.match(String(document['message']), /^TCP SYN scan from 192\.0\.2\.1: about 22 ports on 1 host /);
  }
  // An event behind the last one has been looked at when another's alert is there.
  await write.events(countUpdate({ changeCount: 9_000 }), portScanEvent({ source: '192.0.2.5' }));
  await eventually('the other is alerted', async () =>
    (await alerts()).some(({ key }) => key === '192.0.2.5'),
  );
  assert.equal((await alerts()).length, 4);
  assert.match(
    await service.get('/metrics'),
    /port_ticker_alerts_total\{action="port-scan-detected",severity="73"\} 2/,
  );
  const { entries }: { entries: ReportRow[] } = JSON.parse(await service.get('/api/report'));
  assert.deepEqual(entries.map(({ source, severity }) => `${severity} ${source}`).toSorted(), [
    '21 192.0.2.9',
    '21 198.51.100.1',
    '73 192.0.2.1',
    '73 192.0.2.5',
  ]);
  assert.match(entries.find(({ severity }) => severity === 21)?.summary ?? '', /^TCP SYN scan from /);
});

test('the alerting consumer is killed: the next one alerts nothing again, and all that is due', async (t) => {
  const { write, consumer, alerted } = await scene(t);
  const first = await consumer();
  await write.events(unjudged());
  await alerted('47 192.0.2.1');
  const second = await consumer();
  // Killed while the alert waits for company: whoever takes over has to send it, if the first has not.
  await write.events(portScanEvent({ source: '192.0.2.2' }), portScanEvent({ changeCount: 25 }));
  await first.crash();
  await alerted('47 192.0.2.1', '73 192.0.2.1', '73 192.0.2.2');
  assert.equal(await second.stop(), 0);

  await write.events(portScanEvent({ source: '192.0.2.3' }));
  await consumer();
  await alerted('47 192.0.2.1', '73 192.0.2.1', '73 192.0.2.2', '73 192.0.2.3');
});

test('a new episode is alerted again, a sweep of the fleet once for all sensors', async (t) => {
  const { write, consumer, alerted } = await scene(t);
  await consumer();
  const { episode } = portScanEvent();
  const sensors = ['edge1', 'edge2', 'edge3', 'edge4'].map((sensor) => portScanEvent({ sensor }));
  await write.events(...sensors);
  const [sweep] = await alerted('73 192.0.2.1');
  assert.equal(sweep?.action, 'fleet-sweep-detected');
  assert.deepEqual(Object(sweep?.document['related']).hosts.toSorted(), ['edge1', 'edge2', 'edge3', 'edge4']);

  await write.events(portScanEvent({ episode: episode + 3_700_000, changeCount: 21 }));
  await alerted('73 192.0.2.1', '73 192.0.2.1');
});

test('sensors that lose events, or share an id, are alerted whatever the least severity', async (t) => {
  const { write, prefix, consumer, alerted } = await scene(t);
  await consumer({ ALERT_MIN_SEVERITY: '73' });
  const statuses = [
    sensorStatus({ epoch: '000000000000000a' }),
    sensorStatus({ epoch: '000000000000000b' }),
    sensorStatus({ epoch: '000000000000000a' }),
    sensorStatus({ sensor: 'edge2', drops: 3 }),
    sensorStatus({ sensor: 'restarted', epoch: '000000000000000a' }),
    sensorStatus({ sensor: 'restarted', epoch: '000000000000000b' }),
  ];
  const codec = new AvroCodec<SensorStatus>('sensor-status');
  const messages = statuses.map((status) => ({ key: status.sensor, value: codec.encode(status) }));
  await write.producer.send({ topic: `${prefix}.sensors`, acks: -1, messages });
  const alerts = await alerted('47 edge1', '47 edge2');
  assert.deepEqual(alerts.map(({ action }) => action).toSorted(), ['events-dropped', 'sensor-id-conflict']);
});

test('the least severity and the format are settings', async (t) => {
  const { write, consumer, alerted } = await scene(t);
  await consumer({ ALERT_MIN_SEVERITY: '73', ALERT_FORMAT: 'ocsf' });
  await write.events(unjudged(), portScanEvent({ source: '192.0.2.2' }));
  const [alert] = await alerted('73 192.0.2.2');
  const { class_uid: classUid, metadata, finding_info: finding } = Object(alert?.document);
  assert.deepEqual([classUid, metadata.uid], [2004, alert?.id]);
  assert.ok(alert?.id.startsWith(`${finding.uid}/`));
});
