import type { RecordHeaders } from '../../common/kafka/cluster.ts';

/** What an alert has said, as its record's headers keep it: enough not to say it again. */
export type Told = ToldRow | ToldGroup | ToldSensor;

export interface ToldRow {
  about: 'row';
  sensor: string;
  source: string;
  epoch: string;
  episode: number;
  severity: number;
  /** changeCount at the first alert of the episode. */
  count: number;
}

export interface ToldGroup {
  about: 'group';
  /** What its members have in common; their episodes began within a minute of the anchor. */
  group: string;
  anchor: number;
  severity: number;
  members: number;
  /** The largest changeCount of a member at the first alert. */
  count: number;
}

export const sensorProblems = ['sensor-silent', 'events-dropped', 'sensor-id-conflict'] as const;
export type SensorProblem = (typeof sensorProblems)[number];

export interface ToldSensor {
  about: 'sensor';
  sensor: string;
  problem: SensorProblem;
  /** Tells one time that it happens from the next. */
  occurrence: string;
  /** False: the sensor has recovered. */
  isOpen: boolean;
  /** Drops of the epoch so far. */
  count: number;
}

/** kafkajs takes texts only. */
export function headersOf(told: Told): Record<string, string> {
  return Object.fromEntries(Object.entries(told).map(([name, value]) => [name, String(value)]));
}

/** undefined for a record that no alert desk has written. */
export function toldOf(headers: RecordHeaders): Told | undefined {
  const fields = new Fields(headers);
  const told = read(fields);
  return fields.isWhole ? told : undefined;
}

function read(fields: Fields): Told | undefined {
  const about = fields.text('about');
  switch (about) {
    case 'row':
      return {
        about,
        sensor: fields.text('sensor'),
        source: fields.text('source'),
        epoch: fields.text('epoch'),
        episode: fields.number('episode'),
        severity: fields.number('severity'),
        count: fields.number('count'),
      };
    case 'group':
      return {
        about,
        group: fields.text('group'),
        anchor: fields.number('anchor'),
        severity: fields.number('severity'),
        members: fields.number('members'),
        count: fields.number('count'),
      };
    case 'sensor': {
      const problem = sensorProblems.find((known) => known === fields.text('problem'));
      if (problem === undefined) return undefined;
      return {
        about,
        sensor: fields.text('sensor'),
        problem,
        occurrence: fields.text('occurrence'),
        isOpen: fields.text('isOpen') === 'true',
        count: fields.number('count'),
      };
    }
    default:
      return undefined;
  }
}

/** Bytes; no name that a desk has written is longer. */
const longestText = 512;

class Fields {
  readonly #headers: RecordHeaders;
  /** False once a field was missing, too long, or no number. */
  isWhole = true;

  constructor(headers: RecordHeaders) {
    this.#headers = headers;
  }

  text(name: string): string {
    const value = this.#headers[name];
    if (Buffer.isBuffer(value) && value.length <= longestText) return value.toString();
    this.isWhole = false;
    return '';
  }

  number(name: string): number {
    const text = this.text(name);
    const number = Number(text);
    if (!/^\d+$/.test(text) || !Number.isSafeInteger(number)) this.isWhole = false;
    return number;
  }
}
