import { silentAfter } from '../../common/control/liveness.ts';
import { isoTime } from '../../common/iso-time.ts';
import type { Sensors } from '../control/limits.ts';
import type { KnownSensors, SensorView } from '../control/sensors.ts';
import { recoveries, type SensorAlert, severityOfProblem, severityOfRecovery } from './alert.ts';
import type { Ledger } from './ledger.ts';
import type { SensorProblem, ToldSensor } from './told.ts';

/** A sensor is UNKNOWN for so long before it is called silent; ms. */
const patience = 30_000;
/** A problem is over when it has not shown for so long; ms. */
const quietTime = 60_000;
/** Rounds further apart than this have missed what sensors said meanwhile; ms. */
const longestGap = 10_000;
/** All sensors are looked at this often: there may be many, and no problem is told sooner than after seconds; ms. */
const pace = 1_000;

interface Drops {
  epoch: string;
  count: number;
  /** When the count was last seen to rise, or first seen. */
  changedAt: number;
}

/** A problem of a sensor as it is now: its occurrence, or that it is over, or neither. */
type Finding = { isOpen: boolean; occurrence: string; count: number; words: string; start: number };

type Followed = Pick<KnownSensors, 'views' | 'conflict' | 'isCurrent'> & Pick<Sensors, 'statuses'>;

/** Knows how the sensors fare; what of it has not been told is due. Times in ms since 1970. */
export class SensorWatch {
  readonly #sensors: Followed;
  readonly #drops = new Map<string, Drops>();
  /** Since when all that sensors said has been heard. */
  #since = Number.POSITIVE_INFINITY;
  #lastRound = Number.NEGATIVE_INFINITY;
  #lastLook = Number.NEGATIVE_INFINITY;

  constructor(sensors: Followed) {
    this.#sensors = sensors;
  }

  /** To be called all the time, also while somebody else alerts: silence is known only to who has listened. */
  observe(now: number): void {
    if (!this.#sensors.isCurrent) this.#since = Number.POSITIVE_INFINITY;
    else if (now - this.#lastRound > longestGap || this.#since > now) this.#since = now;
    this.#lastRound = now;
    for (const { sensor, epoch, drops } of this.#sensors.statuses()) {
      const held = this.#drops.get(sensor);
      if (held?.epoch === epoch && held.count >= drops) continue;
      this.#drops.set(sensor, { epoch, count: drops, changedAt: now });
    }
  }

  /** At most once a second: nothing in between. */
  due(now: number, ledger: Ledger): SensorAlert[] {
    if (now >= this.#lastLook && now - this.#lastLook < pace) return [];
    this.#lastLook = now;
    return this.#sensors.views().flatMap((view) => {
      const told = (problem: SensorProblem) => ledger.sensor(view.sensor, problem);
      return [
        ...alertOf(view.sensor, 'sensor-silent', this.#silence(view, told('sensor-silent'), now), now),
        ...alertOf(view.sensor, 'events-dropped', this.#loss(view, told('events-dropped'), now), now),
        ...alertOf(
          view.sensor,
          'sensor-id-conflict',
          this.#conflict(view, told('sensor-id-conflict'), now),
          now,
        ),
      ];
    });
  }

  #silence(view: SensorView, told: ToldSensor | undefined, now: number): Finding | undefined {
    const { sensor, epoch, time, state, age } = view;
    const count = 0;
    if (state !== 'UNKNOWN') {
      if (told?.isOpen !== true) return undefined;
      return {
        ...{ isOpen: false, occurrence: told.occurrence, count, start: time },
        words: `Sensor ${sensor} speaks again: ${state}`,
      };
    }
    const heardFor = now - this.#since;
    const silence = silentAfter + patience;
    if (told?.isOpen === true || heardFor < silence || age * 1000 < silence) return undefined;
    return {
      ...{ isOpen: true, occurrence: `${brief(epoch)}/${time}`, count, start: time },
      words: `Sensor ${sensor} is silent since ${isoTime(time)}: nothing is seen there`,
    };
  }

  /** While two sensors share the id, each one's drops come by turns. */
  #loss(view: SensorView, told: ToldSensor | undefined, now: number): Finding | undefined {
    const held = this.#drops.get(view.sensor);
    if (held === undefined || this.#isShared(view.sensor, now)) return undefined;
    const { epoch, count, changedAt } = held;
    const isOfEpoch = told?.occurrence.startsWith(`${brief(epoch)}/`) === true;
    if (told?.isOpen === true) {
      if (isOfEpoch && now - changedAt < quietTime) return undefined;
      return {
        ...{ isOpen: false, occurrence: told.occurrence, start: view.time },
        count: isOfEpoch ? count : told.count,
        words: `Sensor ${view.sensor} loses no more events`,
      };
    }
    const before = isOfEpoch ? (told?.count ?? 0) : 0;
    if (count <= before) return undefined;
    return {
      ...{ isOpen: true, occurrence: `${brief(epoch)}/${before}`, count, start: view.time },
      words: `Sensor ${view.sensor} has lost ${count - before} events: their sources were evicted while the ring was full`,
    };
  }

  #conflict({ sensor }: SensorView, told: ToldSensor | undefined, now: number): Finding | undefined {
    const conflict = this.#sensors.conflict(sensor);
    const isShared = this.#isShared(sensor, now);
    if (told?.isOpen === true) {
      if (isShared || now - this.#since < quietTime) return undefined;
      return {
        ...{ isOpen: false, occurrence: told.occurrence, count: 0, start: now },
        words: `The sensor id ${sensor} is in use once`,
      };
    }
    if (conflict === undefined || !isShared) return undefined;
    const { since } = conflict;
    const epochs = conflict.epochs.map(brief);
    return {
      ...{ isOpen: true, occurrence: `${epochs.join('/')}/${since}`, count: 0, start: since },
      words: `Two sensors call themselves ${sensor}, with the epochs ${epochs.join(' and ')}: give one another id`,
    };
  }

  #isShared(sensor: string, now: number): boolean {
    const conflict = this.#sensors.conflict(sensor);
    return conflict !== undefined && now - conflict.heardAt < quietTime;
  }
}

/** Statuses are what somebody has written: no epoch is longer. */
function brief(epoch: string): string {
  return epoch.slice(0, 16);
}

function alertOf(
  sensor: string,
  problem: SensorProblem,
  finding: Finding | undefined,
  now: number,
): SensorAlert[] {
  if (finding === undefined) return [];
  const { isOpen, occurrence, count, words, start } = finding;
  const action = isOpen ? problem : recoveries[problem];
  const matter = `${problem}/${sensor}/${occurrence}`;
  return [
    {
      about: 'sensor',
      action,
      id: `${action}/${sensor}/${occurrence}`,
      finding: matter,
      key: sensor,
      severity: isOpen ? severityOfProblem[problem] : severityOfRecovery,
      told: { about: 'sensor', sensor, problem, occurrence, isOpen, count },
      message: words,
      reason: words,
      start: Math.min(start, now),
      end: now,
      sensor,
      isRecovery: !isOpen,
    },
  ];
}
