import { refuse } from '../errors/secured-postgrest-error.ts';

/** A text of this package that nginx reads with its variables. */
export class Expression {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }
}

/** An expression with nginx's variables, such as `$remote_addr`: for constants only, never for text of a user. */
export function expression(text: string): Expression {
  return new Expression(text);
}

/** A word of a directive: a number, a text that nginx takes literally, or an expression. */
export type Word = string | number | Expression;

/** Words that need no quotes in any place. */
const PLAIN = /^[\w./:@=+^~[\]-]+$/;
/** A variable, or the condition that it is neither empty nor 0. */
const PLAIN_EXPRESSION = /^(\$\w+|\(\$\w+\))$/;

/**
 * A text as nginx reads it back literally. nginx has no way to write a `$`, and a control character has no use.
 *
 * @throws SecuredPostgrestError `invalid_prop`
 */
export function quote(text: string): string {
  // eslint-disable-next-line no-control-regex -- these are what it rejects
  const unfit = /[$\u0000-\u001f\u007f]/.exec(text)?.[0];
  if (unfit !== undefined) {
    refuse('invalid_prop', JSON.stringify(text), `nginx cannot read ${JSON.stringify(unfit)} in a text`, 'remove it');
  }
  return PLAIN.test(text) ? text : `"${text.replaceAll(/["\\]/g, '\\$&')}"`;
}

/** A directive with its words, each quoted where it needs that. */
export function directive(name: string, ...words: readonly Word[]): string {
  return `${[name, ...words.map(written)].join(' ')};`;
}

/** A block: the words before its brace, and the directives inside. */
export function block(head: readonly Word[], lines: readonly string[]): string[] {
  return [`${head.map(written).join(' ')} {`, ...lines.map((line) => `  ${line}`), '}'];
}

/** A variable that follows from another one: the first pair that fits counts, texts before regular expressions. */
export function map(
  source: Word,
  variable: `$${string}`,
  pairs: readonly (readonly [key: Word, value: Word])[],
): string[] {
  return block(
    ['map', source, expression(variable)],
    pairs.map(([key, value]) => `${written(key)} ${written(value)};`),
  );
}

function written(word: Word): string {
  if (typeof word === 'number') return String(word);
  if (!(word instanceof Expression)) return quote(word);
  return PLAIN_EXPRESSION.test(word.text) ? word.text : `"${word.text.replaceAll('"', '\\"')}"`;
}
