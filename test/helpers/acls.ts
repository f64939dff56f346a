/** The programs, by the names of their users at Kafka. */
export type Client = 'producer' | 'consumer' | 'ticker_ctl';

/** A right that a program needs at Kafka. Names are given behind the prefix of topics: "events" is "port-ticker.events". */
export interface Right {
  client: Client;
  resource: 'topic' | 'group' | 'transactional id';
  name: string;
  operations: readonly ('Read' | 'Write' | 'Create' | 'DescribeConfigs')[];
  /** Completes "in order to". */
  reason: string;
}

/**
 * Exactly what the programs need where all topics are there. Read and Write let describe, too. docs/operations.md has
 * the same table.
 */
export const rights: readonly Right[] = [
  right('producer', 'topic', 'events', ['Write'], 'deliver events'),
  right('producer', 'topic', 'config', ['Read'], 'follow the configuration'),
  right('producer', 'topic', 'control-results', ['Write'], 'answer commands'),
  right('producer', 'topic', 'sensors', ['Read', 'Write'], 'recall and publish its status'),
  right('consumer', 'topic', 'events', ['Read'], 'keep the report'),
  right('consumer', 'topic', 'report', ['Read', 'Write'], 'keep the report'),
  right('consumer', 'topic', 'control', ['Read', 'Write'], 'fold commands; send those of the page'),
  right('consumer', 'topic', 'control-results', ['Read', 'Write'], 'answer commands, each once'),
  right('consumer', 'topic', 'config', ['Read', 'Write'], 'fold commands'),
  right('consumer', 'topic', 'sensors', ['Read'], 'know the sensors'),
  right('consumer', 'topic', 'alerts', ['Read', 'Write'], 'alert, each once'),
  right('consumer', 'topic', 'dead-letter', ['Write'], 'set aside what nobody can read'),
  right('consumer', 'group', 'consumer', ['Read'], 'share the events with other instances'),
  right('consumer', 'group', 'control', ['Read'], 'one instance folds, the others wait'),
  right('consumer', 'transactional id', 'fold', ['Write'], 'fold in transactions'),
  right('ticker_ctl', 'topic', 'report', ['Read'], 'print the report'),
  right('ticker_ctl', 'topic', 'control', ['Write'], 'send commands'),
  right('ticker_ctl', 'topic', 'control-results', ['Read'], 'print the answers'),
  right('ticker_ctl', 'topic', 'sensors', ['Read', 'Write'], 'know the sensors; forget one'),
];

function right(
  client: Client,
  resource: Right['resource'],
  name: string,
  operations: Right['operations'],
  reason: string,
): Right {
  return { client, resource, name, operations, reason };
}
