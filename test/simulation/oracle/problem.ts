/** Something that is not as it was promised. */
export interface Problem {
  kind: 'crash' | 'offset' | 'event' | 'report' | 'answer' | 'configuration';
  what: string;
}
