import type { Product } from './release-table.ts';

/** First words that the program of each product prints for `--version`. */
const PREFIXES: Readonly<Record<Product, RegExp>> = {
  PostgreSQL: /^postgres \(PostgreSQL\) /,
  PostgREST: /^PostgREST /,
};

/** The version in what a program prints for `--version`; undefined if it is another program. */
export function programVersion(product: Product, printed: string): string | undefined {
  const [prefix = ''] = PREFIXES[product].exec(printed) ?? [];
  return prefix === '' ? undefined : /^v?(\d+(?:\.\d+)+)/.exec(printed.slice(prefix.length))?.[1];
}
