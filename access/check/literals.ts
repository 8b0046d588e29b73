import type { Shape } from './shape.ts';

/** Most words of a database that random texts are made of. */
const MOST = 8;

/** Short texts that policies, functions and checks compare with, so that random rows meet them. */
export function literalsIn({ tables, texts }: Shape): string[] {
  const sources = [...tables.flatMap(({ checks }) => checks), ...texts];
  const found = new Set(
    sources.flatMap((text) =>
      [...text.matchAll(/(?:=|<>|IN|ARRAY|[[(,])\s*'([a-z]\w{0,15})'/gi)].map(([, word]) => word!),
    ),
  );
  return [...found].slice(0, MOST);
}
