import { quoteLiteral } from '../../postgres/quote.ts';
import { copyTarget, type CopiedRows } from './psql-text.ts';

/** A statement is parsed as a whole: many rows at a time, and not all. */
const ROWS_PER_STATEMENT = 500;

/** The rows of a dump as statements that any client can send. */
export function insertStatements(copied: CopiedRows): string[] {
  const statements: string[] = [];
  for (let at = 0; at < copied.rows.length; at += ROWS_PER_STATEMENT) {
    const rows = copied.rows.slice(at, at + ROWS_PER_STATEMENT).map((row) => `(${row.map(literal).join(', ')})`);
    // A dump holds the values of identity columns, too.
    statements.push(`INSERT INTO ${copyTarget(copied)} OVERRIDING SYSTEM VALUE VALUES\n${rows.join(',\n')}`);
  }
  return statements;
}

function literal(value: string | null): string {
  return value === null ? 'NULL' : quoteLiteral(value).trim();
}
