/** Position where Postgres stopped, in the message or in a query that was running. Postgres counts characters, from 1. */
export interface Position {
  readonly position?: string;
  readonly internalPosition?: string;
  readonly internalQuery?: string;
}

/** Offset in a statement where Postgres stopped; 0 if Postgres reports none. */
export function offsetIn(sql: string, { position, internalPosition, internalQuery }: Position): number {
  if (internalQuery === undefined) return before(sql, position).length;
  const inQuery = before(internalQuery, internalPosition);
  // Or in the body of a function, which stands in the statement between dollars, or with its quotes doubled.
  for (const written of [(text: string) => text, (text: string) => text.replaceAll("'", "''")]) {
    const at = sql.indexOf(written(internalQuery));
    if (at !== -1) return at + written(inQuery).length;
  }
  return 0;
}

function before(text: string, position = '1'): string {
  return [...text].slice(0, Number(position) - 1).join('');
}
