import kafkajs from 'kafkajs';
import type { Chance } from '../chance.ts';
import type { Clock } from '../clock.ts';

/** What may become of a request beside a good answer, and how often, 0 to 1. */
export interface Rates {
  /** The broker answers with an error, and has done nothing. */
  refused: number;
  /** The request does not arrive. */
  unheard: number;
  /** It is done, but the answer does not arrive. */
  answerLost: number;
  /** The client gives up, and then it is done. */
  late: number;
  /** The client repeats what was done already. */
  twice: number;
  /** Nothing is done, and the client is told nothing for ever. */
  silent: number;
}

export interface RequestKind {
  /** A client may repeat it by itself. */
  canRepeat?: boolean;
}

/** kafkajs gives a request up then; ms. */
const requestTimeout = 15_000;
/** A request that its client has given up is done within this time, or never; ms. */
const longestWay = 25_000;

const refusals = [
  'LEADER_NOT_AVAILABLE',
  'NOT_LEADER_FOR_PARTITION',
  'NOT_ENOUGH_REPLICAS',
  'REQUEST_TIMED_OUT',
  'COORDINATOR_LOAD_IN_PROGRESS',
  'OUT_OF_ORDER_SEQUENCE_NUMBER',
  'UNKNOWN_PRODUCER_ID',
];

/** Carries requests to the broker and answers back, more or less well. */
export class Network {
  readonly #clock: Clock;
  readonly #chance: Chance;
  readonly #rates: Rates;
  /** False: all goes well. */
  isFaulty = true;
  /** While the broker is away. */
  isDown = false;
  #orphans = 0;

  constructor(clock: Clock, chance: Chance, rates: Rates) {
    this.#clock = clock;
    this.#chance = chance;
    this.#rates = rates;
  }

  /** Requests on their way whose clients have given them up. */
  get orphans(): number {
    return this.#orphans;
  }

  /** `serve` is what the broker does. Rejects with kafkajs' errors. */
  async request<T>(serve: () => T | Promise<T>, kind: RequestKind = {}): Promise<T> {
    const owner = this.#clock.current;
    const { promise, resolve, reject } = Promise.withResolvers<T>();
    const answer = (deliver: () => void, delay = this.#latency()) => this.#clock.after(delay, deliver, owner);
    const fail = (error: Error, delay?: number) => answer(() => reject(error), delay);
    const giveUp = () =>
      this.#chance.happens(0.7) ? fail(connectionLost()) : fail(timedOut(), requestTimeout);
    const arrive = (respond: boolean) => {
      if (!respond) this.#orphans -= 1;
      if (this.isDown) {
        if (respond) fail(connectionLost());
        return;
      }
      void attempt(serve).then(
        (value) => respond && answer(() => resolve(value)),
        (error: Error) => respond && fail(error),
      );
    };
    const send = (delay: number, respond: boolean) => {
      if (!respond) this.#orphans += 1;
      this.#clock.after(delay, () => arrive(respond), null);
    };

    switch (this.#fate(kind)) {
      case 'refused':
        fail(protocolError(this.#chance.pick(refusals)));
        break;
      case 'unheard':
        giveUp();
        break;
      case 'answerLost':
        send(this.#latency(), false);
        giveUp();
        break;
      case 'late':
        giveUp();
        send(this.#chance.between(0, longestWay), false);
        break;
      case 'twice':
        send(this.#latency(), false);
        send(this.#latency() + 300, true);
        break;
      case 'silent':
        break;
      case undefined:
        send(this.#latency(), true);
    }
    return promise;
  }

  #fate({ canRepeat = false }: RequestKind): keyof Rates | undefined {
    if (!this.isFaulty) return undefined;
    let left = this.#chance.between(0, 1);
    for (const fate of fates) {
      if (fate !== 'twice' || canRepeat) left -= this.#rates[fate];
      if (left < 0) return fate;
    }
    return undefined;
  }

  /** ms; now and then a crawl. */
  #latency(): number {
    return this.isFaulty && this.#chance.happens(0.02)
      ? this.#chance.between(100, 3_000)
      : this.#chance.between(1, 10);
  }
}

const fates = ['refused', 'unheard', 'answerLost', 'late', 'twice', 'silent'] as const;

/** Also where `serve` throws. */
async function attempt<T>(serve: () => T | Promise<T>): Promise<T> {
  return serve();
}

/** An error that the broker answers with, by Kafka's name for it. */
export function protocolError(type: string): Error {
  return new kafkajs.KafkaJSProtocolError(
    Object.assign(new Error(type), { type, code: -1, retriable: true }),
  );
}

function connectionLost(): Error {
  return new kafkajs.KafkaJSConnectionError('Closed connection', { broker: 'broker:9092' });
}

function timedOut(): Error {
  return new kafkajs.KafkaJSRequestTimeoutError('Request timed out');
}
