import { desiredAccess } from '../../compile/access.ts';
import { quoteIdentifier } from '../../postgres/quote.ts';
import type { Declaration } from '../../declaration/types.ts';
import type { Catalog, CatalogOwnTable } from '../../postgres/catalog/catalog.ts';
import { error, nameOf, type Finding } from '../finding.ts';
import { sqlName } from './tables.ts';

/**
 * Which tokens are revoked, which migrations have run and which sign-ins are used up is kept in tables of the package. What
 * hides, drops or invents a row in one of them undoes what rests on it, and says nothing.
 */
export function ownTables(declaration: Declaration, catalog: Catalog): Finding[] {
  const definitions = new Map([
    ['migrations', MIGRATIONS],
    ...desiredAccess(declaration).tables.map(({ name, definition }) => [name, definition] as const),
  ]);
  return catalog.ownTables.flatMap((table) => {
    const isPrivate = table.schema === declaration.privateSchema;
    const wanted = isPrivate ? definitions.get(table.name) : undefined;
    return changes(table, wanted).map(([problem, fix]) => error('own_table_changed', nameOf(table), problem, fix));
  });
}

/** The table that `create_bookkeeping` makes, in the format of `sql/postgres/catalog/own-tables.sql`. */
const MIGRATIONS =
  'applied_at timestamp with time zone NOT NULL now(), file text NOT NULL, sha256 text NOT NULL, PRIMARY KEY (file)';

function changes(table: CatalogOwnTable, wanted: string | undefined): [problem: string, fix: string][] {
  const { kind, persistence, row_security, policies, triggers, rules, relatives, definition, schema, name } = table;
  const on = sqlName(schema, name);
  if (kind !== 'r')
    return [['is no table of its own any more', `put the table back in the place of ${on}, and deploy`]];
  return [
    ...(persistence === 'p' ? [] : [['is emptied by a crash', `ALTER TABLE ${on} SET LOGGED`] as [string, string]]),
    ...(row_security
      ? [['has row security, which hides its rows', `ALTER TABLE ${on} DISABLE ROW LEVEL SECURITY`] as [string, string]]
      : []),
    ...policies.map((policy): [string, string] => [
      `has the policy "${policy}"`,
      `DROP POLICY ${quoteIdentifier(policy)} ON ${on}`,
    ]),
    ...triggers.map((trigger): [string, string] => [
      `has the trigger "${trigger}"`,
      `DROP TRIGGER ${quoteIdentifier(trigger)} ON ${on}`,
    ]),
    ...rules.map((rule): [string, string] => [`has the rule "${rule}"`, `DROP RULE ${quoteIdentifier(rule)} ON ${on}`]),
    ...relatives.map((other): [string, string] => [
      `shares its rows with ${other}`,
      `ALTER TABLE ... NO INHERIT between ${on} and ${other}`,
    ]),
    ...(wanted === undefined || wanted === definition
      ? []
      : [
          [
            `has other columns, constraints or expressions: ${definition}`,
            `restore them (${wanted}), or rename the table, deploy, and copy its rows into the new one`,
          ] as [string, string],
        ]),
  ];
}
