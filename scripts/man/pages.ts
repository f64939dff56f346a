import { exitCodes } from '../../src/common/errors.ts';
import { helpEntries, type Program } from '../../src/common/settings/help.ts';
import { leaves, type Schema } from '../../src/common/settings/schema.ts';
import { consumerProgram, consumerSchema } from '../../src/consumer/settings.ts';
import { loadChecks } from '../../src/ctl/doctor/checks.ts';
import { examples, notes, synopsis } from '../../src/ctl/help.ts';
import { optionTable, wordTable } from '../../src/ctl/table.ts';
import { producerProgram, producerSchema } from '../../src/producer/settings.ts';
import type { Page, Section } from './roff.ts';

const checks = await loadChecks();

export function pages(): Page[] {
  return [
    servicePage(producerProgram, producerSchema),
    servicePage(consumerProgram, consumerSchema),
    ctlPage(),
  ];
}

const names = [producerProgram.name, consumerProgram.name, 'ticker_ctl'];

function servicePage<T>({ name, description }: Program, schema: Schema<T>): Page {
  return {
    name,
    summary: inSentence(description),
    synopsis: [`${name} [OPTIONS]`],
    sections: [
      {
        title: 'DESCRIPTION',
        paragraphs: [
          'Each setting is an option, an environment variable, and a value in the file that --config names; an option wins over the ' +
            'environment, and that over the file. It runs until SIGTERM or SIGINT, and logs JSON lines, or readable ones on a terminal.',
        ],
      },
      {
        title: 'OPTIONS',
        items: helpEntries(leaves(schema)).map(({ flags, doc, notes }) => ({
          term: flags,
          paragraphs: [`${doc}.`, ...(notes.length === 0 ? [] : [`${notes.join('; ')}.`])],
        })),
      },
      {
        title: 'EXIT STATUS',
        items: [
          { term: '0', paragraphs: ['It was asked to stop.'] },
          ...Object.entries(exitCodes).map(([code, number]) => ({
            term: String(number),
            paragraphs: [code],
          })),
        ],
      },
      seeAlso(name),
    ],
  };
}

function ctlPage(): Page {
  const name = 'ticker_ctl';
  return {
    name,
    summary: 'commands port-scan sensors, and shows what they see',
    synopsis: [`${name} [OPTIONS]`, `${name} [OPTIONS] COMMAND`],
    sections: [
      {
        title: 'DESCRIPTION',
        paragraphs: [
          'Writes commands to Kafka, waits for the answers of the sensors, and prints them; prints the report and the state of the sensors.',
          notes.replaceAll('\n', ' '),
        ],
      },
      {
        title: 'OPTIONS',
        items: optionTable.map(({ flags, doc }) => ({ term: flags, paragraphs: [`${doc}.`] })),
      },
      {
        title: 'COMMANDS',
        items: wordTable.map((entry) => ({ term: synopsis(entry), paragraphs: [`${entry.doc}.`] })),
      },
      {
        title: 'CHECKS OF DOCTOR',
        paragraphs: ['By the name that --skip takes, and what holds where they are OK:'],
        items: checks.map(({ id, doc }) => ({ term: id, paragraphs: [`${doc}.`] })),
      },
      {
        title: 'EXIT STATUS',
        items: [
          { term: '0', paragraphs: ['Done.'] },
          {
            term: '1',
            paragraphs: ['Refused or failed; a check of doctor failed, or with --strict one warned.'],
          },
          { term: '2', paragraphs: ['Wrong usage.'] },
          {
            term: '3',
            paragraphs: [
              'No answer in time, or Kafka cannot be reached; no check of doctor failed, but some could not be made.',
            ],
          },
        ],
      },
      { title: 'EXAMPLES', example: examples },
      seeAlso(name),
    ],
  };
}

function seeAlso(own: string): Section {
  const others = names.filter((name) => name !== own).map((name) => `${name}(1)`);
  return { title: 'SEE ALSO', paragraphs: [others.join(', ')] };
}

/** "Counts port changes." in a line that goes on after a name. */
function inSentence(sentence: string): string {
  return sentence.charAt(0).toLowerCase() + sentence.slice(1).replace(/\.$/, '');
}
