import * as exported from '../../../index.ts';

/** The value of an expression that uses what the package exports, with other values for some of it. */
export function evaluate(expression: string, instead: Readonly<Record<string, unknown>> = {}): unknown {
  const values = Object.entries({ ...exported, ...instead });
  // eslint-disable-next-line @typescript-eslint/no-implied-eval -- the text is this project's own documentation
  const run = new Function(...values.map(([name]) => name), `return (${expression.trim().replace(/;$/, '')});`);
  return (run as (...values: unknown[]) => unknown)(...values.map(([, value]) => value));
}
