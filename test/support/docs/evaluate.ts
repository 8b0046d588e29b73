import * as api from '../../../index.ts';

/** The value of an expression that uses what the package exports. */
export function evaluate(expression: string): unknown {
  const names = Object.keys(api);
  const values = names.map((name) => api[name as keyof typeof api]);
  // eslint-disable-next-line @typescript-eslint/no-implied-eval -- the text is this project's own documentation
  return (new Function(...names, `return (${expression.trim().replace(/;$/, '')});`) as (...args: unknown[]) => unknown)(
    ...values,
  );
}
