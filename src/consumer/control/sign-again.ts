import type { Producer } from 'kafkajs';
import type { Signer } from '../../common/control/signature.ts';
import type { Logger } from '../../common/logger.ts';
import { Changes } from './changes.ts';
import type { Loaded } from './load.ts';
import type { ControlTopics } from './topics.ts';

interface Options {
  topics: ControlTopics;
  signer: Signer | null;
  logger: Logger;
}

/** Signs records from before signatures were switched on, and those that somebody else has put over a signed one. */
export async function signAgain(
  producer: Producer,
  { state, unsigned }: Loaded,
  { topics, signer, logger }: Options,
): Promise<void> {
  if (signer === null) return;
  const changes = new Changes();
  for (const key of unsigned) {
    const [sensor = '', prefix] = key.split('/ignore/');
    const config = prefix === undefined ? state.config(sensor) : undefined;
    const ignore = prefix === undefined ? undefined : state.prefixes(sensor).get(prefix);
    if (config !== undefined) changes.addConfig(config);
    if (ignore !== undefined) changes.addPrefix(ignore);
  }
  const requests = changes.requests(topics, signer);
  if (requests.length === 0) return;
  const transaction = await producer.transaction();
  for (const request of requests) await transaction.send({ ...request, acks: -1 });
  await transaction.commit();
  logger.info(`signed ${unsigned.size} records of ${topics.config.topic} again`);
}
