import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import Fastify from 'fastify';
import { addMetrics, type Metric } from '../../src/common/metrics.ts';

/** What /metrics would answer. */
export async function exposition<S>(metrics: readonly Metric<S>[], source: S): Promise<string> {
  const server = Fastify();
  addMetrics(server, metrics, () => source);
  const { body, statusCode } = await server.inject('/metrics');
  await server.close();
  if (statusCode !== 200) throw new Error(body);
  return body;
}

/** The number behind a series, as it is written: `port_ticker_sensors{state="unknown"}`. */
export function seriesValue(text: string, series: string): number | undefined {
  const line = text.split('\n').find((each) => each.startsWith(`${series} `));
  return line === undefined ? undefined : Number(line.slice(series.length));
}

/** What promtool has to say about metrics, rules or their tests; empty when it is content. */
export async function promtool(args: readonly string[], input = ''): Promise<string> {
  const child: ChildProcess = spawn('promtool', args, { stdio: ['pipe', 'pipe', 'pipe'] });
  let said = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream?.setEncoding('utf8').on('data', (text: string) => {
      said += text;
    });
  }
  child.stdin?.end(input);
  const [code] = await once(child, 'close');
  return code === 0 ? '' : said;
}
