import type { Drill } from './drill.ts';
import { type Plan, planFor } from './plan.ts';
import type { Spread } from './rounds.ts';
import type { Slopes } from './slopes.ts';

export interface Scaling {
  slopes: Slopes;
  drill: Drill;
}

type Table = string[][];

/** The tables of docs/scaling.md, by their names there; the first row is the heading. */
export function scalingTables({ slopes, drill }: Scaling): Record<string, Table> {
  return { slopes: slopeTable(slopes), plan: planTable(slopes), drill: drillTable(drill) };
}

/** What one more of each takes. */
export function slopeTable({ bytes, consumer, standing, broker, connected }: Slopes): Table {
  return [
    ['one more …', 'consumer, µs', 'broker, µs', 'bytes on a disk'],
    ['event of a new source, 250 together', range(consumer.event), range(broker.event), whole(bytes.event)],
    ['event sent alone', '', range(broker.alone), whole(bytes.alone)],
    ['event of a source that comes again', range(consumer.update), range(broker.update), ''],
    ['row that another consumer has written', range(consumer.row), '', whole(bytes.row)],
    ['event audited', range(consumer.audit), '', ''],
    ['alert', range(consumer.alert), '', whole(bytes.alert)],
    ['status of a sensor', range(consumer.status), range(broker.status), whole(bytes.status)],
    ['second of a sensor that is known', micro(Math.max(standing.sensor, standing.watched)), '', ''],
    ['second of a sensor that is connected', '', micro(connected.broker), ''],
    ['second of a consumer', micro(standing.consumer), '', ''],
  ];
}

function planTable(slopes: Slopes): Table {
  const plans = [10, 1_000, 100_000].map((sensors) => planFor(sensors, slopes));
  const row = (name: string, cell: (plan: Plan) => string) => [name, ...plans.map(cell)];
  return [
    row('sensors', ({ sensors }) => grouped(sensors)),
    row('fleets (topic prefixes)', ({ fleets }) => grouped(fleets)),
    row('sensors in each', ({ fleet }) => grouped(fleet)),
    row('consumers of each', ({ consumers }) => String(consumers)),
    row('partitions of each', ({ partitions }) => String(partitions)),
    row('busiest consumer, processors', ({ load }) => load.toFixed(2)),
    row('memory of each consumer', ({ memory }) => size(memory)),
    row('processors of all brokers', ({ processors }) => String(Math.max(1, Math.ceil(processors)))),
    row('into all brokers, a second', ({ inflow }) => size(inflow)),
    row('connections', ({ connections }) => grouped(Math.round(connections))),
    row('all disks', ({ disk }) => size(disk)),
    row('a sensor reads at its start', ({ start }) => size(start)),
    row('all of them at once', ({ startOfAll }) => size(startOfAll)),
  ];
}

/** What was seen when a consumer was killed. */
export function drillTable(drill: Drill): Table {
  const { fed, events } = drill;
  return [
    ['', 'seen'],
    ['sensors', grouped(drill.sensors)],
    ['events, in four batches of each sensor', grouped(events)],
    ['all events acknowledged after', `${seconds(fed)}, ${grouped(Math.round(events / fed))} a second`],
    ['all partitions owned again, after the kill', seconds(drill.takenOver)],
    ['all rows written and read, after the last event', seconds(drill.caughtUp)],
    ['all scans alerted, after that', seconds(drill.alerted)],
    ['rows', grouped(drill.rows)],
    ['rows that are wrong, missing or too many', String(drill.wrong)],
    ['events missing, by the audit', String(drill.missing)],
    ['scans', grouped(drill.scans)],
    ['scans without an alert, with more than one', `${drill.silent}, ${drill.repeated}`],
    ['alerts about sensors', String(drill.falseAlarms)],
    ['memory of a consumer, at most', `${drill.memory} MB`],
  ];
}

/** Minimum / median / maximum; a figure below what it is taken off is none. */
function range({ min, median, max }: Spread): string {
  const [low, middle, high] = [min, median, max].map((each) => Math.max(0, each).toFixed(0));
  return `${low} / **${middle}** / ${high}`;
}

/** ms a second as µs. */
function micro(ms: number): string {
  return `**${Math.max(0, ms * 1_000).toFixed(1)}**`;
}

function whole(bytes: number): string {
  return String(Math.round(bytes));
}

function seconds(value: number): string {
  return `${value.toFixed(1)} s`;
}

function grouped(value: number): string {
  return String(value).replaceAll(/\B(?=(\d{3})+$)/g, ' ');
}

function size(bytes: number): string {
  const units = ['B', 'kB', 'MB', 'GB', 'TB', 'PB'];
  const power = Math.min(units.length - 1, Math.max(0, Math.floor(Math.log10(bytes) / 3)));
  return `${Number((bytes / 1_000 ** power).toPrecision(2))} ${units[power]}`;
}
