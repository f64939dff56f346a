import { remedyOf, whatFailed } from '../../common/errors.ts';
import type { Site } from './site.ts';

/** From good to bad, but for UNKNOWN: that could not be looked at, and is neither. */
export type Verdict = 'OK' | 'WARN' | 'FAIL' | 'UNKNOWN';

export interface Finding {
  verdict: Verdict;
  /** What was found, one line for people. */
  found: string;
  /** What helps, one sentence; '' where nothing has to. */
  remedy: string;
}

/** Where a check looks, in the order of the output; those of the first two are made only of a machine with a sensor. */
export const groups = ['machine', 'device', 'kafka', 'sensor'] as const;
export type Group = (typeof groups)[number];

/** One check. What it throws makes it UNKNOWN. */
export type Examine = (site: Site) => Finding | Promise<Finding>;

export function ok(found: string): Finding {
  return { verdict: 'OK', found, remedy: '' };
}

export function warn(found: string, remedy: string): Finding {
  return { verdict: 'WARN', found, remedy };
}

export function fail(found: string, remedy: string): Finding {
  return { verdict: 'FAIL', found, remedy };
}

/** A check that could not be made, or with `verdict` FAIL one whose very matter is this error. */
export function findingOf(error: unknown, verdict: Verdict = 'UNKNOWN'): Finding {
  return { verdict, found: whatFailed(error), remedy: remedyOf(error) };
}

const badness: readonly Verdict[] = ['OK', 'WARN', 'UNKNOWN', 'FAIL'];

/** One finding of several: the worst verdict, and all that led to it. */
export function worst(findings: readonly Finding[]): Finding {
  const verdict = findings
    .map((finding) => finding.verdict)
    .reduce((a, b) => (badness.indexOf(b) > badness.indexOf(a) ? b : a), 'OK');
  const decisive = findings.filter((finding) => finding.verdict === verdict);
  const remedies = new Set(decisive.map(({ remedy }) => remedy).filter(Boolean));
  return {
    verdict,
    found: decisive.map(({ found }) => found).join('; '),
    remedy: [...remedies].join('; '),
  };
}
