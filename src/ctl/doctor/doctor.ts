import { nearest } from '../../common/nearest.ts';
import { type ExitCode, exit } from '../exit.ts';
import { type Options, usage } from '../options.ts';
import { note, print } from '../output.ts';
import { type CtlSettings, sensorOf } from '../settings.ts';
import { type Check, checkIds, loadChecks } from './checks.ts';
import { type Finding, findingOf, type Group } from './finding.ts';
import { groupText, type Result, summary } from './report.ts';
import { openSite, type Site } from './site.ts';

/**
 * Makes every check, whatever the others find, and prints what was found. Without a device it looks at Kafka and the sensors
 * only: whoever has one wants its machine looked at. Throws USAGE.
 */
export async function doctor(options: Options, settings: CtlSettings): Promise<ExitCode> {
  const { dev, skip = '', json, wide, strict } = options;
  const chosen = await chosenChecks(dev !== undefined, skip);
  const site = openSite(settings, { device: dev ?? '', sensor: sensorOf(options, settings) });
  try {
    const running = chosen.map((check) => ({ check, result: resultOf(check, site) }));
    const results: Result[] = [];
    for (const group of new Set(chosen.map((check) => check.group))) {
      const ofGroup = await Promise.all(
        running.filter(({ check }) => check.group === group).map(({ result }) => result),
      );
      if (json !== true) print(groupText(titleOf(group, site), ofGroup, wide === true));
      results.push(...ofGroup);
    }
    print(json === true ? JSON.stringify({ version: 1, checks: results }) : summary(results));
    if (dev === undefined && json !== true)
      note('for the checks of a machine with a sensor add -d <device> there');
    return exitCodeOf(results, strict === true);
  } finally {
    site.cluster.close();
  }
}

async function chosenChecks(hasDevice: boolean, skip: string): Promise<Check[]> {
  const skipped = skip.split(',').filter(Boolean);
  for (const id of skipped) {
    if (checkIds.includes(id)) continue;
    const meant = nearest(id, checkIds);
    throw usage(
      `--skip: no check ${id}`,
      meant === undefined ? `there are ${checkIds.join(', ')}` : `did you mean ${meant}?`,
    );
  }
  const isLocal = (group: Group) => group === 'machine' || group === 'device';
  const checks = await loadChecks();
  return checks.filter(({ id, group }) => !skipped.includes(id) && (hasDevice || !isLocal(group)));
}

async function resultOf({ id, group, examine }: Check, site: Site): Promise<Result> {
  try {
    return { id, group, ...(await examine(site)) };
  } catch (error) {
    return { id, group, ...findingOf(error) };
  }
}

function titleOf(group: Group, { device, sensor, settings }: Site): string {
  const titles: Readonly<Record<Group, string>> = {
    machine: 'This machine',
    device: `Device ${device}`,
    kafka: `Kafka at ${settings.kafka.brokers.join(', ')}`,
    sensor: `Sensor ${sensor}`,
  };
  return titles[group];
}

/** A check that failed is certain, so it counts before one that could not be made. */
function exitCodeOf(results: readonly Result[], isStrict: boolean): ExitCode {
  const has = (verdict: Finding['verdict']) => results.some((result) => result.verdict === verdict);
  if (has('FAIL') || (isStrict && has('WARN'))) return exit.failed;
  return has('UNKNOWN') ? exit.noAnswer : exit.done;
}
