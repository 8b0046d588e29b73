/** Where Postgres stopped: in the message, or in a query that it was running. It counts characters, from 1. */
export interface Position {
  readonly position?: string;
  readonly internalPosition?: string;
  readonly internalQuery?: string;
}

/** Where in a statement Postgres stopped; the beginning if it does not say. */
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
