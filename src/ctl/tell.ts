import { allSensors } from '../common/control/records.ts';
import type { Answers, Outcome } from './answers.ts';
import type { Conversation } from './conversation.ts';
import { type ExitCode, exit } from './exit.ts';
import { explanationText } from './explain.ts';
import { whereabouts } from './fleet.ts';
import { note, print } from './output.ts';
import type { Request } from './requests.ts';

/** How a request ended, for people. */
export function outcomeText({ what }: Request, { sensor, status, reason, explanation }: Outcome): string {
  const who = sensor ?? 'consumer';
  if (explanation !== null) return `${who}: ${explanationText(explanation, reason, Date.now())}`;
  return `${who}: ${status.toLowerCase()} ${what}${reason === null ? '' : `: ${reason}`}`;
}

/** Prints who has not answered within `timeout` seconds and why, and says how it all went. */
export function conclude(conversation: Conversation, timeout: number): ExitCode {
  const { question, answers, waiting } = conversation;
  const isAccepted = answers.some((each) => each.isAccepted);
  if (question.json) print(json(conversation));
  else if (isAccepted) for (const sensor of waiting) print(waitingText(conversation, sensor));
  for (const each of answers) for (const text of silences(each, conversation, timeout)) note(text);
  if (answers.some(({ hasFailed }) => hasFailed)) return exit.failed;
  const isMissed = question.sensor !== allSensors && waiting.length > 0;
  return isMissed || answers.some(({ isComplete }) => !isComplete) ? exit.noAnswer : exit.done;
}

function waitingText({ fleet, sentAt }: Conversation, sensor: string): string {
  return `${sensor}: waiting, ${whereabouts(fleet, sensor, sentAt)}`;
}

/** One line for each of whom an answer was expected and has not come. */
function silences(answers: Answers, { fleet, sentAt }: Conversation, timeout: number): string[] {
  const { request, isJudged, missing } = answers;
  const silence = (who: string) => `no answer from ${who} in ${timeout} s to ${request.what}`;
  if (!isJudged) {
    const remedy = 'check that one runs; the command is kept, and will be answered then';
    return [`${silence('a consumer')} – ${remedy}`];
  }
  return missing.map(
    (sensor) => `${silence(sensor)}: ${whereabouts(fleet, sensor, sentAt)} – it is kept for the sensor`,
  );
}

function json({ question, answers, waiting }: Conversation): string {
  return JSON.stringify({
    version: 1,
    sensor: question.sensor,
    requests: answers.map(({ request, isAccepted, outcomes, missing }) => ({
      command: request.commands[0]?.command,
      ids: request.commands.map(({ id }) => id),
      accepted: isAccepted,
      answers: outcomes,
      missing,
    })),
    waiting,
  });
}
