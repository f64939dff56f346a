import { setTimeout as sleep } from 'node:timers/promises';
import { TickerError } from '../../src/common/errors.ts';
import { runProcess } from '../../src/common/lifecycle.ts';
import { type LogSettings, logSchema } from '../../src/common/settings/fragments.ts';
import type { Schema } from '../../src/common/settings/schema.ts';

/** A process that starts three things, the second of which may fail or hang; see test/unit/lifecycle.test.ts. */
const schema: Schema<LogSettings & { trouble: string }> = {
  ...logSchema,
  trouble: {
    doc: 'What goes wrong',
    format: ['none', 'start', 'later', 'reject', 'close', 'hang'],
    default: 'none',
    arg: 'trouble',
  },
};

await runProcess(
  { name: 'child', description: 'A test.' },
  schema,
  async ({ settings, logger, lifecycle }) => {
    const { trouble } = settings;
    const failure = new TickerError('the second broke', { code: 'LOCKED', remedy: 'mend it' });
    const heartbeat = setInterval(() => undefined, 1_000);
    lifecycle.own('first', () => {
      clearInterval(heartbeat);
      logger.info('first closed');
    });
    if (trouble === 'start') throw failure;
    lifecycle.own('second', async () => {
      if (trouble === 'close') throw failure;
      if (trouble === 'hang') await new Promise(() => undefined);
      await sleep(20);
      logger.info('second closed');
    });
    lifecycle.own('third', () => logger.info('third closed'));
    if (trouble === 'later') setTimeout(() => lifecycle.fail(failure), 20);
    if (trouble === 'reject') setTimeout(() => void Promise.reject(failure), 20);
    logger.info('started');
  },
);
