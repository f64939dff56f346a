#!/usr/bin/env node
import { stayLean } from '../common/lean.ts';
import { runProcess } from '../common/lifecycle.ts';
import { producerSchema } from './settings.ts';

const program = {
  name: 'port-ticker-producer',
  description: 'Counts port changes in the kernel and sends what crosses the threshold to Kafka.',
};

stayLean();

// The rest is loaded late: --help needs none of it, and a missing addon is an error like any other.
await runProcess(program, producerSchema, async (context) => {
  const { start } = await import('./start.ts');
  await start(context);
});
