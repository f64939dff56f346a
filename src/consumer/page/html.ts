/** Markup that needs no escaping any more. */
export class Markup {
  readonly #text: string;

  constructor(text: string) {
    this.#text = text;
  }

  toString(): string {
    return this.#text;
  }
}

/** What stands in markup: texts are escaped, null and false are nothing. */
export type Content = Markup | string | number | null | false | readonly Content[];

/** Markup in which every value is escaped. Attributes have to be in double quotes. */
export function html(literals: TemplateStringsArray, ...values: readonly Content[]): Markup {
  return new Markup(String.raw({ raw: literals }, ...values.map(text)));
}

function text(content: Content): string {
  if (content === null || content === false) return '';
  if (content instanceof Markup) return content.toString();
  if (typeof content === 'string' || typeof content === 'number') return escaped(String(content));
  return content.map(text).join('');
}

function escaped(plain: string): string {
  return plain.replace(/[&<>"'`]/g, (character) => `&#${character.charCodeAt(0)};`);
}
