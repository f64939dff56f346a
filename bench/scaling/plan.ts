import type { Slopes } from './slopes.ts';

/** What is assumed of each sensor: an address that the Internet sees. Others have less. */
const assumed = {
  /** Events a second while all are scanned at once: one source each that does not stop. */
  peak: 1,
  /** Events, new rows and alerts a day. */
  events: 8_640,
  rows: 20,
  alerts: 5,
  /** Days that topics and rows are kept, and copies of each topic. */
  days: 7,
  replicas: 3,
  /** Statuses a second. */
  statuses: 0.1,
};

/** Of one processor; the rest is for outages to be caught up, and for people. */
const utilization = 0.5;
/** What a fleet's consumers may take of that before any event is theirs to write. */
const mostCommon = utilization / 2;
/** Every consumer holds all rows of its fleet: bytes each, and without any. See docs/operations.md. */
const rowMemory = 775;
const ownMemory = 95_000_000;

/** What so many sensors take. */
export interface Plan {
  sensors: number;
  /** Topic prefixes, so many sensors under each: consumers of one share nothing with those of another. */
  fleets: number;
  fleet: number;
  /** Of each fleet. */
  consumers: number;
  partitions: number;
  /** Of the busiest consumer at the peak, in processors; its memory in bytes. */
  load: number;
  memory: number;
  /** Of all brokers together at the peak, copies left out: processors, bytes a second, connections. */
  processors: number;
  inflow: number;
  connections: number;
  /** Bytes on all disks. */
  disk: number;
  /** Bytes that a sensor reads when it starts, and all of them when they start at once. */
  start: number;
  startOfAll: number;
}

export function planFor(sensors: number, slopes: Slopes): Plan {
  const fleets = Math.ceil(sensors / largestFleet(slopes));
  const fleet = Math.ceil(sensors / fleets);
  const own = ownLoad(fleet, slopes);
  const common = commonLoad(fleet, slopes);
  const consumers = Math.max(2, Math.ceil(own / (utilization - common))); // two: one may fail
  const { bytes, broker, connected } = slopes;
  const start = fleet * bytes.status;
  return {
    ...{ sensors, fleets, fleet, consumers },
    partitions: 6 * Math.ceil((2 * consumers) / 6), // shares stay even while a consumer is away
    load: common + own / consumers,
    memory: ownMemory + rowMemory * fleet * assumed.rows * assumed.days,
    processors:
      (sensors * (assumed.peak * broker.alone.median + assumed.statuses * broker.status.median) * 1e-6 +
        (sensors * connected.broker) / 1e3) /
      utilization,
    inflow: sensors * (assumed.peak * (bytes.alone + bytes.row) + assumed.statuses * bytes.status),
    connections: sensors * connected.connections,
    disk: sensors * assumed.replicas * assumed.days * bytesADay(slopes),
    start,
    startOfAll: start * sensors,
  };
}

/** So many sensors that what each of its consumers does for all of them leaves room for its own share. */
function largestFleet(slopes: Slopes): number {
  const one = commonLoad(1, slopes) - commonLoad(0, slopes);
  return Math.floor((mostCommon - commonLoad(0, slopes)) / one / 100) * 100;
}

/** Processors that the one which alerts takes for what is not shared: rows and statuses of all, audit, alerts. */
function commonLoad(sensors: number, { consumer, standing }: Slopes): number {
  const events = assumed.peak * (consumer.row.median + consumer.audit.median);
  const alerts = (assumed.alerts / 86_400) * consumer.alert.median;
  const statuses = assumed.statuses * consumer.status.median;
  const watching = Math.max(standing.sensor, standing.watched) / 1e3;
  return standing.consumer / 1e3 + sensors * ((events + alerts + statuses) * 1e-6 + watching);
}

/** Processors for the rows that consumers share; what each does for a row anyway is common. */
function ownLoad(sensors: number, { consumer }: Slopes): number {
  return sensors * assumed.peak * Math.max(0, consumer.event.median - consumer.row.median) * 1e-6;
}

/** Of one sensor, on one disk. */
function bytesADay({ bytes }: Slopes): number {
  return assumed.events * bytes.alone + assumed.alerts * bytes.alert;
}
