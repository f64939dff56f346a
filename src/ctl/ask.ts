import { TickerError } from '../common/errors.ts';
import { kafkaProblem } from '../common/kafka/problem.ts';
import { topicName } from '../common/kafka/topics.ts';
import { Answers } from './answers.ts';
import type { Conversation, Question } from './conversation.ts';
import { Deadline } from './deadline.ts';
import type { ExitCode } from './exit.ts';
import { addressees, type Fleet, readFleet } from './fleet.ts';
import { print } from './output.ts';
import { Results } from './results.ts';
import { Sender } from './sender.ts';
import type { Session } from './session.ts';
import { conclude, outcomeText } from './tell.ts';

/** Sends the requests, waits for the answers of everybody who is there to answer, and prints them. */
export async function ask(session: Session, question: Question): Promise<ExitCode> {
  const { settings } = session;
  const deadline = new Deadline(settings);
  const saying = <T>(situation: string, action: Promise<T>): Promise<T> =>
    deadline.within(action).catch((error: unknown) => {
      const topic = topicName(settings, 'control-results');
      throw inSituation(situation, kafkaProblem(error, settings.kafka.brokers, { topic }));
    });
  try {
    const [results, sender, fleet] = await saying(
      'nothing was sent',
      Promise.all([Results.open(session), Sender.open(session, question.signer), readFleet(session)]),
    );
    const conversation = begin(question, fleet);
    await saying('it is not known whether it was sent; repeating it does no harm', sendAll(sender, question));
    await saying('it was sent, and will be answered', collect(results, conversation)).catch(unlessTimeout);
    return conclude(conversation, settings.timeout);
  } finally {
    deadline.close();
  }
}

function begin(question: Question, fleet: Fleet): Conversation {
  const sentAt = Date.now();
  const { alive, waiting } = addressees(fleet, question.sensor, sentAt);
  const answers = question.requests.map((request) => new Answers(request, alive));
  return { question, fleet, answers, waiting, sentAt };
}

async function sendAll(sender: Sender, { requests }: Question): Promise<void> {
  for (const command of requests.flatMap(({ commands }) => commands)) await sender.send(command);
}

/** Prints what has ended, until everything has. */
async function collect(results: Results, { question, answers }: Conversation): Promise<void> {
  while (answers.some(({ isComplete }) => !isComplete)) {
    for (const result of await results.next()) {
      for (const each of answers) {
        const ended = each.take(result);
        if (!question.json) for (const outcome of ended) print(outcomeText(each.request, outcome));
      }
    }
  }
}

/** Who has not answered in time is told with the rest. */
function unlessTimeout(error: unknown): void {
  if (!(error instanceof TickerError) || error.code !== 'TIMEOUT') throw error;
}

/** The same error, saying first what it means for the commands. */
function inSituation(situation: string, cause: TickerError): TickerError {
  const { code, remedy, retriable } = cause;
  return new TickerError(situation, { code, remedy, retriable, cause });
}
