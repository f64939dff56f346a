import { once } from 'node:events';
import { AvroCodec } from '../common/avro.ts';
import { TopicReader } from '../common/kafka/reader.ts';
import { topicName } from '../common/kafka/topics.ts';
import { createLogger } from '../common/logger.ts';
import { print } from './output.ts';
import { draw } from './screen.ts';
import { LatestTable, type Session } from './session.ts';
import { show, type View } from './view.ts';

/** Changes are shown together at most so often, ms. */
const pause = 250;
/** Ages are brought up to date so often, ms. */
const tick = 1_000;

/**
 * Keeps a view on the terminal up to date, or prints it again as a line of JSON at each change, until SIGINT or
 * SIGTERM. Throws as `show` does when it cannot begin; after that it waits for Kafka to be back.
 */
export async function watch<T>(session: Session, view: View<T>): Promise<void> {
  const { settings, kafka, registry } = session;
  const ended = Promise.race([once(process, 'SIGINT'), once(process, 'SIGTERM')]);
  await show(session, view);

  const table = new LatestTable<T>(new AvroCodec<T>(view.schema, registry));
  const painter = new Painter(() => {
    if (view.json) print(view.text(table.byKey, Date.now()));
    else draw(`${heading(reader.isCurrent)}\n\n${view.text(table.byKey, Date.now())}`);
  });
  const reader = new TopicReader({
    kafka,
    brokers: settings.kafka.brokers,
    topic: topicName(settings, view.topic),
    logger: createLogger({ level: 'silent', name: 'ticker_ctl' }), // the heading says when it does not go on
    onRecords: async (_, records) => {
      await table.take(records);
      if (reader.isCurrent) painter.paint();
    },
  });
  reader.start();
  await Promise.race([reader.caughtUp, ended]);
  painter.paint();
  const ticking = view.json ? undefined : setInterval(() => painter.paint(), tick);
  await ended;
  clearInterval(ticking);
  painter.close();
}

function heading(isCurrent: boolean): string {
  const time = new Date().toLocaleTimeString('sv');
  return isCurrent ? `${time}  Ctrl-C ends` : `${time}  NOT UP TO DATE: Kafka cannot be reached`;
}

/** Paints when asked to, but not more often than the eye can follow. */
class Painter {
  readonly #paint: () => void;
  #timer: NodeJS.Timeout | undefined;

  constructor(paint: () => void) {
    this.#paint = paint;
  }

  paint(): void {
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      this.#paint();
    }, pause);
  }

  close(): void {
    clearTimeout(this.#timer);
  }
}
