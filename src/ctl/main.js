#!/usr/bin/env node
// JavaScript, so that Node need not load what strips types: with the cache below that halves the time to the first
// output. The cache is in the user's own folder, since whoever can write to it can run code; without one ticker_ctl
// only takes longer.
import { enableCompileCache } from 'node:module';
import { homedir } from 'node:os';
import { join } from 'node:path';

enableCompileCache(join(homedir(), '.cache/port-ticker'));
await import('./cli.ts');
