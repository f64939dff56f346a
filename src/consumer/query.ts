import { compareTexts } from '../common/compare-texts.ts';
import { TickerError } from '../common/errors.ts';
import { severities } from './alerts/severity.ts';
import { sourceOf } from './report.ts';
import type { ShownRow } from './rows.ts';

/** Orders, each from small to large. */
export const sortNames = [
  'activity',
  'source',
  'count',
  'severity',
  'sensor',
  'ports',
  'first',
  'last',
] as const;
export type SortName = (typeof sortNames)[number];

/** Which rows, in which order. */
export interface Query {
  /** Part of a source or of a sensor's id; '': all. */
  text: string;
  /** Least severity. */
  severity: number;
  sort: SortName;
  isDescending: boolean;
  /** Most rows. */
  limit: number;
}

export const everything: Query = {
  text: '',
  severity: 0,
  sort: 'count',
  isDescending: true,
  limit: Number.POSITIVE_INFINITY,
};

const longestText = 100;

/** Ages of a row, by its last change: scanning now, in the last hour, earlier. */
export type Age = 0 | 1 | 2;
const nowSpan = 300_000;
const hourSpan = 3_600_000;

/**
 * Reads `q`, `severity`, `sort` (`count` from small to large, `-count` from large to small) and `limit` from a URL;
 * of a name that occurs twice the last one counts. Throws QUERY.
 */
export function queryOf(url: string, defaults: Query = everything): Query {
  const parameters = new URLSearchParams(url.split('?')[1] ?? '');
  const last = (name: string) => parameters.getAll(name).at(-1) ?? '';
  return {
    text: textOf(last('q')),
    severity: severityOf(last('severity'), defaults.severity),
    ...orderOf(last('sort'), defaults),
    limit: limitOf(last('limit'), defaults.limit),
  };
}

/** The query's part of a URL; '' when it says nothing beside the defaults. */
export function queryText(query: Query, defaults: Query): string {
  const parameters = new URLSearchParams();
  if (query.text !== '') parameters.set('q', query.text);
  if (query.severity !== defaults.severity) parameters.set('severity', String(query.severity));
  if (sortText(query) !== sortText(defaults)) parameters.set('sort', sortText(query));
  return parameters.size === 0 ? '' : `?${parameters}`;
}

/** As `sort` has it. */
export function sortText({ sort, isDescending }: Pick<Query, 'sort' | 'isDescending'>): string {
  return isDescending ? `-${sort}` : sort;
}

export function matches({ entry, severity }: ShownRow, query: Query): boolean {
  if (severity < query.severity) return false;
  return query.text === '' || entry.source.includes(query.text) || entry.sensor.includes(query.text);
}

/** What says where a row stands in an order: of many rows, all at once would take much memory. */
export interface Rank {
  key: string;
  /** What the order goes by. */
  value: number | string;
  changeCount: number;
  changedAt: number;
}

/** `now` in ms since 1970, for orders that go by age. */
export function rankOf(row: ShownRow, { sort }: Query, now: number): Rank {
  const { key, entry, changedAt } = row;
  return { key, value: values[sort](row, now), changeCount: entry.changeCount, changedAt };
}

/** Compares ranks for sorting. The order is total, so that rows do not change places without a reason. */
export function comparison({ isDescending }: Query): (a: Rank, b: Rank) => number {
  const direction = isDescending ? -1 : 1;
  return (a, b) =>
    direction * compareValues(a.value, b.value) ||
    b.changeCount - a.changeCount ||
    compareTexts(sourceOf(a.key).source, sourceOf(b.key).source) ||
    compareTexts(a.key, b.key);
}

/** `now` and `changedAt` in ms since 1970. */
export function ageOf(changedAt: number, now: number): Age {
  if (now - changedAt <= nowSpan) return 0;
  return now - changedAt <= hourSpan ? 1 : 2;
}

const values: Readonly<Record<SortName, (row: ShownRow, now: number) => number | string>> = {
  // Who scans now, and the worst of them, is the largest.
  activity: ({ severity, changedAt }, now) => severity - 100 * ageOf(changedAt, now),
  source: ({ entry }) => sortable(entry.source),
  count: ({ entry }) => entry.changeCount,
  severity: ({ severity }) => severity,
  sensor: ({ entry }) => entry.sensor,
  ports: ({ entry }) => entry.distinctPorts,
  first: ({ entry }) => entry.episode,
  last: ({ changedAt }) => changedAt,
};

function compareValues(a: number | string, b: number | string): number {
  return typeof a === 'number' && typeof b === 'number' ? a - b : compareTexts(String(a), String(b));
}

/** IPv4 by its numbers, IPv6 behind it. */
function sortable(source: string): string {
  if (source.includes(':')) return `~${source}`;
  return source
    .split('.')
    .map((part) => part.padStart(3, '0'))
    .join('.');
}

function textOf(text: string): string {
  const trimmed = text.trim();
  if (trimmed.length > longestText) throw wrong('q', `at most ${longestText} characters`);
  return trimmed;
}

function severityOf(text: string, otherwise: number): number {
  if (text === '') return otherwise;
  const found = [0, ...severities].find((each) => String(each) === text);
  if (found === undefined) throw wrong('severity', `one of 0, ${severities.join(', ')}`);
  return found;
}

function orderOf(text: string, defaults: Query): Pick<Query, 'sort' | 'isDescending'> {
  if (text === '') return { sort: defaults.sort, isDescending: defaults.isDescending };
  const isDescending = text.startsWith('-');
  const sort = sortNames.find((each) => each === text.slice(isDescending ? 1 : 0));
  if (sort === undefined)
    throw wrong('sort', `one of ${sortNames.join(', ')}, with - before it for the largest first`);
  return { sort, isDescending };
}

function limitOf(text: string, otherwise: number): number {
  if (text === '') return otherwise;
  if (!/^\d{1,7}$/.test(text)) throw wrong('limit', 'a whole number');
  return Number(text);
}

function wrong(name: string, wanted: string): TickerError {
  return new TickerError(`${name} must be ${wanted}`, { code: 'QUERY', remedy: '' });
}
