import type { TopicName } from '../common/kafka/topics.ts';
import { Deadline } from './deadline.ts';
import { note, print } from './output.ts';
import { type Latest, readLatest, type Session } from './session.ts';

export type Table<T> = ReadonlyMap<string, Latest<T>>;

/** What a compacted topic holds, as text. */
export interface View<T> {
  topic: TopicName;
  /** Name of the values' schema. */
  schema: string;
  json: boolean;
  /** Without the last line end. `now` in ms since 1970. */
  text(table: Table<T>, now: number): string;
  /** A word to whoever sees less than expected. */
  hint?(table: Table<T>): string | undefined;
}

/** Prints a view once. Throws KAFKA_…, TOPIC_MISSING, TIMEOUT. */
export async function show<T>(session: Session, view: View<T>): Promise<void> {
  const deadline = new Deadline(session.settings);
  try {
    const table = await deadline.within(readLatest<T>(session, view.topic, view.schema));
    const hint = view.hint?.(table);
    if (hint !== undefined) note(hint);
    print(view.text(table, Date.now()));
  } finally {
    deadline.close();
  }
}
