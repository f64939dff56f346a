import { allowListOf } from '../../common/control/keys-file.ts';
import { readSigner } from '../../common/control/signing-key.ts';
import { createKafka } from '../../common/kafka/client.ts';
import type { Logger } from '../../common/logger.ts';
import type { SchemaRegistry } from '../../common/registry.ts';
import type { DeadLetters } from '../dead-letters.ts';
import type { Membership } from '../group.ts';
import type { ConsumerSettings } from '../settings.ts';
import { Asker } from './ask.ts';
import { SignatureGuard } from './guard.ts';
import { KnownSensors } from './sensors.ts';
import { ControlSubscriber } from './subscriber.ts';
import { Tally } from './tally.ts';
import { type ControlTopics, controlTopics, registerSchemas } from './topics.ts';

interface Options {
  settings: ConsumerSettings;
  registry: SchemaRegistry | null;
  deadLetters: DeadLetters;
  clientId: string;
  logger: Logger;
}

/** The consumer's part of the control plane: commands in, configuration and answers out, and what sensors say. */
export class ControlPlane {
  readonly sensors: KnownSensors;
  readonly tally: Tally;
  readonly guard: SignatureGuard;
  readonly asker: Asker;
  readonly #topics: ControlTopics;
  readonly #subscriber: ControlSubscriber;

  constructor({ settings, registry, deadLetters, clientId, logger }: Options) {
    const { brokers } = settings.kafka;
    const { prefix } = settings.topics;
    const kafka = createKafka(settings, logger, clientId, { retries: 1 });
    this.#topics = controlTopics(settings, registry);
    const { mode, signingKeyFile } = settings.signatures;
    const signer =
      signingKeyFile === null ? null : readSigner(signingKeyFile, 'PORT_TICKER_SIGNING_KEY_FILE');
    this.guard = new SignatureGuard({
      mode,
      keys: allowListOf(settings.signatures),
      signer,
      controlTopic: this.#topics.control.topic,
      configTopic: this.#topics.config.topic,
      logger,
    });
    this.tally = new Tally(logger);
    this.sensors = new KnownSensors({
      kafka,
      brokers,
      topic: this.#topics.sensors.topic,
      codec: this.#topics.sensors.status,
      deadLetters,
      isOwner: () => this.term !== undefined,
      logger,
    });
    this.asker = new Asker({ kafka, brokers, topics: this.#topics, sensors: this.sensors });
    this.#subscriber = new ControlSubscriber({
      kafka: createKafka(settings, logger, clientId),
      foldingKafka: createKafka(settings, logger, clientId, { retries: 8, firstPause: 10 }),
      brokers,
      groupId: `${prefix}.control`,
      transactionalId: `${prefix}.fold`,
      topics: this.#topics,
      sensors: this.sensors,
      guard: this.guard,
      signer,
      tally: this.tally,
      deadLetters,
      logger,
    });
  }

  /** Before `start`. */
  async registerSchemas(): Promise<void> {
    await registerSchemas(this.#topics);
  }

  start(): void {
    this.sensors.start();
    this.#subscriber.start();
  }

  /** True while commands are folded here, or by another instance of the group. */
  get isReady(): boolean {
    return this.#subscriber.group.hasJoined;
  }

  /** How this instance fares in the control group. */
  get group(): Membership {
    return this.#subscriber.group;
  }

  /** The parts that hang. */
  stalled(): string[] {
    return [
      ...(this.#subscriber.group.isStalled ? ['the control group'] : []),
      ...(this.sensors.isStalled ? ['the sensors topic'] : []),
    ];
  }

  /** Stands for the time in which this instance, and no other, owns the control partition; undefined while it does not. */
  get term(): object | undefined {
    return this.#subscriber.term;
  }

  async close(): Promise<void> {
    await this.asker.close();
    await this.#subscriber.close();
    await this.sensors.close();
  }
}
