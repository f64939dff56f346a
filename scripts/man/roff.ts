import { version } from '../../src/common/version.ts';

/** A page of section 1. Texts are plain; paragraphs have no line ends. */
export interface Page {
  name: string;
  /** What it does: completes "name – ". */
  summary: string;
  synopsis: readonly string[];
  sections: readonly Section[];
}

export interface Section {
  title: string;
  paragraphs?: readonly string[];
  items?: readonly Item[];
  /** Lines to be shown as they are. */
  example?: readonly string[];
}

/** A term and what it means, one paragraph each. */
export interface Item {
  term: string;
  paragraphs: readonly string[];
}

/** The page in the macros of man(7). It has no date, so that the same source makes the same page. */
export function roff({ name, summary, synopsis, sections }: Page): string {
  return [
    `.TH ${quoted(name.toUpperCase())} 1 "" ${quoted(`port-ticker ${version}`)} "User Commands"`,
    '.nh',
    '.ad l',
    '.SH NAME',
    `${text(name)} \\- ${text(summary)}`,
    '.SH SYNOPSIS',
    ...synopsis.flatMap((line, index) => [...(index === 0 ? [] : ['.br']), `.B ${text(line)}`]),
    ...sections.flatMap(section),
    '',
  ].join('\n');
}

function section({ title, paragraphs = [], items = [], example = [] }: Section): string[] {
  return [
    `.SH ${quoted(title)}`,
    ...paragraphs.flatMap((paragraph, index) => [...(index === 0 ? [] : ['.PP']), text(paragraph)]),
    ...items.flatMap(item),
    ...(example.length === 0 ? [] : ['.PP', '.nf', ...example.map(text), '.fi']),
  ];
}

function item({ term, paragraphs }: Item): string[] {
  const [first = '', ...rest] = paragraphs;
  return ['.TP', `.B ${text(term)}`, text(first), ...rest.flatMap((paragraph) => ['.IP', text(paragraph)])];
}

/** A line of text: hyphens are those that are typed, and no letter begins a request. */
function text(line: string): string {
  const escaped = line
    .replaceAll('\\', '\\e')
    .replaceAll('-', '\\-')
    .replace(/[^\x20-\x7e]/gu, special);
  return /^[.']/.test(escaped) ? `\\&${escaped}` : escaped;
}

/** By its number, which needs no encoding of the page. */
function special(letter: string): string {
  return `\\[u${(letter.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0')}]`;
}

function quoted(argument: string): string {
  return `"${text(argument).replaceAll('"', '\\(dq')}"`;
}
