#!/usr/bin/env node
import { stayLean } from '../common/lean.ts';
import { runProcess } from '../common/lifecycle.ts';
import { producerProgram, producerSchema } from './settings.ts';

stayLean();

// The rest is loaded late: --help needs none of it, and a missing addon is an error like any other.
await runProcess(producerProgram, producerSchema, async (context) => {
  const { start } = await import('./start.ts');
  await start(context);
});
