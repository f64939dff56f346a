import type { Message } from 'kafkajs';
import type { AvroCodec } from '../../common/avro.ts';
import type {
  ControlResult,
  DeviceStatus,
  SensorState,
  SensorStatus,
  XdpMode,
} from '../../common/control/records.ts';
import { type Commanded, type Desired, type OwnSettings, resolve } from '../../common/control/resolve.ts';
import type { Logger } from '../../common/logger.ts';
import type { Publisher } from '../publisher.ts';
import { announce } from './announce.ts';
import {
  type Answered,
  answeredAtStart,
  answeredBy,
  type Pending,
  pendingCommands,
  versionOf,
} from './answers.ts';
import { apply, applyDevices, deviceStatus, isWhole, lastErrorOf, type Outcome } from './apply.ts';
import { carryOut } from './carry-out.ts';
import type { Kernel } from './kernel.ts';
import { statusOf } from './status.ts';

/** ms from one status to the next when nothing changes. */
const heartbeat = 10_000;
/** ms between looks at the attachments: a program may be taken off a device without a word. */
const checkInterval = 4_000;

const nothing: Commanded = { own: undefined, all: undefined, ownPrefixes: new Map(), allPrefixes: new Map() };

interface Options {
  sensor: string;
  own: OwnSettings;
  kernel: Kernel;
  /** What is commanded: its state now, whether all of it is known, and what was refused last. */
  config: { readonly commanded: Commanded; readonly hasCaughtUp: boolean; readonly lastError: string | null };
  publisher: { publish: (...batch: Parameters<Publisher['publish']>) => Promise<unknown> };
  results: { topic: string; codec: AvroCodec<ControlResult> };
  sensors: { topic: string; codec: AvroCodec<SensorStatus> };
  logger: Logger;
}

/**
 * Brings the kernel to what is commanded, answers the commands, and publishes the sensor's status. The kernel is
 * brought there at once and without waiting for Kafka; answers and status follow in the order of the commands.
 */
export class SensorControl {
  readonly #options: Options;
  readonly #startedAt = Date.now();
  #outcome: Outcome = {
    numbersError: null,
    ignoreError: null,
    pinsError: null,
    detachError: null,
    devices: [],
  };
  #answered: Answered = { own: -1, all: -1 };
  #hasBegun = false;
  /** True from a call of `update` until its consequences are looked at. */
  #hasNews = false;
  #isStatusDue = true;
  #nextStatus = 0;
  /** What the last status says of refused records. */
  #toldError: string | null = null;
  #wake: () => void = () => {};

  constructor(options: Options) {
    this.#options = options;
  }

  /**
   * Brings the kernel to the newest configuration for the first time. Throws the error of the sensor's own device that
   * cannot be attached, unless the sensor goes on where an earlier process was: then that may have worked before.
   */
  begin(): void {
    const { kernel, own, logger } = this.#options;
    const hasPredecessor = kernel.isResumed || kernel.attachments().length > 0;
    const outcome = this.#apply();
    const failed = outcome.devices.find(
      ({ device, error }) => error !== null && own.devices.includes(device),
    );
    if (failed !== undefined && !hasPredecessor) throw failed.error;
    announce(this.#outcome, outcome, logger);
    if (outcome.devices.length === 0) logger.warn('attached to no device: set PORT_TICKER_DEVICES');
    this.#outcome = outcome;
    this.#hasBegun = true;
  }

  /** The devices that are wanted, and how they fare. */
  get devices(): DeviceStatus[] {
    return this.#outcome.devices.map(deviceStatus);
  }

  /** Brings the kernel to the newest configuration: to be called when that or the devices have changed. */
  update(): void {
    if (!this.#hasBegun) return;
    const before = this.#outcome;
    this.#outcome = this.#apply();
    const { lastError } = this.#options.config;
    if (announce(before, this.#outcome, this.#options.logger) || lastError !== this.#toldError) {
      this.#isStatusDue = true;
    }
    this.#hasNews = true;
    this.#wake();
  }

  /**
   * Answers and reports until the signal is aborted. Precondition: `begin`, and all is known that was commanded before.
   * `lastVersion`: of the sensor's last status, null when it has none.
   */
  async run(lastVersion: number | null, signal: AbortSignal): Promise<void> {
    this.update();
    this.#answered = answeredAtStart(lastVersion, this.#options.config.commanded);
    const checking = setInterval(() => this.update(), checkInterval);
    signal.addEventListener('abort', () => this.#wake(), { once: true });
    try {
      while (!signal.aborted) {
        this.#hasNews = false;
        await this.#report(signal);
        await this.#untilDue(signal);
      }
    } catch (error) {
      if (!signal.aborted) throw error;
    } finally {
      clearInterval(checking);
    }
  }

  /**
   * The last status, when all else is done, if Kafka takes it. A new sensor that ends before its first report says nothing:
   * its version would count commands as answered that are not. Precondition: `run` has ended.
   */
  async sayStopped(signal: AbortSignal): Promise<void> {
    this.#hasBegun = false;
    if (this.#wouldCountUnanswered()) return;
    const attached = new Map(this.#options.kernel.attachments().map((each) => [each.device, each]));
    const devices = this.#outcome.devices.map((each) => ({
      ...each,
      attachment: attached.get(each.device) ?? null,
    }));
    this.#outcome = { ...this.#outcome, devices };
    try {
      await this.#publishStatus('STOPPED', signal);
    } catch (error) {
      this.#options.logger.debug({ err: error }, 'the last status was not published');
    }
  }

  #apply(): Outcome {
    const { kernel, own, config } = this.#options;
    if (config.hasCaughtUp) return apply(kernel, resolve(own, config.commanded));
    const desired = resolve(own, nothing);
    const devices = withAttached(desired, kernel);
    if (!kernel.isResumed) return apply(kernel, { ...desired, devices });
    // What an earlier process was commanded is in the kernel still, and newer than the own settings.
    return { ...this.#outcome, ...applyDevices(kernel, devices) };
  }

  async #report(signal: AbortSignal): Promise<void> {
    const pending = pendingCommands(this.#options.config.commanded, this.#answered);
    if (pending.length === 0 && !this.#isStatusDue && performance.now() < this.#nextStatus) return;
    this.#isStatusDue = false;
    this.#nextStatus = performance.now() + heartbeat;
    const answered = answeredBy(pending, this.#answered);
    const results: ControlResult[] = [];
    for (const each of pending) results.push(await this.#answer(each, versionOf(answered), signal));
    await this.#tell(results, signal);
    this.#answered = answered;
    this.#toldError = this.#options.config.lastError;
    const isGood = isWhole(this.#outcome) && this.#toldError === null;
    await this.#publishStatus(isGood ? 'RUNNING' : 'DEGRADED', signal);
  }

  async #answer(pending: Pending, configVersion: number, signal: AbortSignal): Promise<ControlResult> {
    const { kernel, sensor } = this.#options;
    const answer = await carryOut(pending, kernel, this.#outcome, signal);
    return {
      ...{ commandId: pending.command.id, sensor, configVersion, time: Date.now(), explanation: null },
      ...answer,
    };
  }

  /**
   * Resolves when Kafka has the answers. A status that counts them as given comes after that, in a request of its own: of
   * one request Kafka may take a part, and what a status counts is never answered again.
   */
  async #tell(results: readonly ControlResult[], signal: AbortSignal): Promise<void> {
    if (results.length === 0) return;
    const { publisher, results: to } = this.#options;
    const messages = results.map((each) => message(each.commandId, to.codec.encode(each), each));
    await publisher.publish([{ topic: to.topic, messages }], signal);
  }

  async #publishStatus(state: SensorState, signal: AbortSignal): Promise<void> {
    const { publisher, sensors, sensor } = this.#options;
    const status = this.#status(state);
    const messages = [message(sensor, sensors.codec.encode(status), status)];
    await publisher.publish([{ topic: sensors.topic, messages }], signal);
  }

  #status(state: SensorState): SensorStatus {
    const { sensor, own, kernel, config } = this.#options;
    return statusOf({
      sensor,
      state,
      startedAt: this.#startedAt,
      configVersion: versionOf(this.#answered),
      own,
      kernel,
      outcome: this.#outcome,
      lastError: config.lastError ?? lastErrorOf(this.#outcome),
    });
  }

  #wouldCountUnanswered(): boolean {
    const version = versionOf(this.#answered);
    const pending = pendingCommands(this.#options.config.commanded, this.#answered);
    return pending.some(({ command }) => command.offset <= version);
  }

  /** Until something has changed, or the next status is due. */
  async #untilDue(signal: AbortSignal): Promise<void> {
    if (signal.aborted || this.#hasNews) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    const timer = setTimeout(resolve, Math.max(0, this.#nextStatus - performance.now()));
    this.#wake = resolve;
    await promise;
    clearTimeout(timer);
  }
}

function message(key: string, value: Buffer, { time }: { time: number }): Message {
  return { key, value, timestamp: String(time) };
}

/** The devices of a configuration, and those that are attached already. */
function withAttached({ devices }: Desired, kernel: Kernel): Map<string, XdpMode> {
  const attached = kernel.attachments().map(({ device, mode }) => [device, mode] as const);
  return new Map([...attached, ...devices]);
}
