import { desiredAccess } from '../../compile/access.ts';
import { quoteIdentifier } from '../../postgres/quote.ts';
import type { CatalogOwnTable } from '../../postgres/catalog/catalog.ts';
import { relationObject } from '../finding-object.ts';
import { fix, run, type Fix } from '../fix.ts';
import { sqlName } from '../relations.ts';
import type { DeclarationRule } from '../rule.ts';

export const ownTableChanged: DeclarationRule = {
  id: 'own_table_changed',
  levels: ['error'],
  subject: 'tables of the package',
  why:
    'Tables of the package keep revoked tokens, applied migrations and used sign-ins. ' +
    'Row security, a policy, a trigger, a rule, a child or another type hides or changes their rows.',
  fix: 'Run the SQL that the finding names.',
  compare: ({ declaration, catalog }) => {
    const definitions = new Map([
      ['migrations', MIGRATIONS],
      ...desiredAccess(declaration).tables.map(({ name, definition }) => [name, definition] as const),
    ]);
    return catalog.ownTables.flatMap((table) => {
      const isPrivate = table.schema === declaration.privateSchema;
      const wanted = isPrivate ? definitions.get(table.name) : undefined;
      const object = relationObject({ schema: table.schema, name: table.name });
      return changes(table, wanted).map(([problem, fix]) => ({ object, problem, fix }));
    });
  },
};

/** The table that `create_bookkeeping` makes, in the format of `sql/postgres/catalog/own-tables.sql`. */
const MIGRATIONS =
  'applied_at timestamp with time zone NOT NULL now(), file text NOT NULL, sha256 text NOT NULL, PRIMARY KEY (file)';

type Change = readonly [problem: string, fix: Fix];

function changes(table: CatalogOwnTable, wanted: string | undefined): Change[] {
  const { kind, persistence, row_security, policies, triggers, rules, relatives, definition } = table;
  const on = sqlName(table);
  if (kind !== 'r')
    return [['is no table of its own any more', fix(`put the table back in the place of ${on}, and deploy`)]];
  const dropping = (what: string, names: readonly string[]) =>
    names.map((name): Change => [
      `has the ${what} "${name}"`,
      run(`DROP ${what.toUpperCase()} ${quoteIdentifier(name)} ON ${on}`),
    ]);
  const found: (Change | false)[] = [
    persistence !== 'p' && ['is emptied by a crash', run(`ALTER TABLE ${on} SET LOGGED`)],
    row_security && ['has row security, which hides its rows', run(`ALTER TABLE ${on} DISABLE ROW LEVEL SECURITY`)],
    ...dropping('policy', policies),
    ...dropping('trigger', triggers),
    ...dropping('rule', rules),
    ...relatives.map((other): Change => [
      `shares its rows with ${other}`,
      fix(`ALTER TABLE ... NO INHERIT between ${on} and ${other}`),
    ]),
    wanted !== undefined &&
      wanted !== definition && [
        `has other columns, constraints or expressions: ${definition}`,
        fix(`restore them (${wanted}), or rename the table, deploy, and copy its rows into the new one`),
      ],
  ];
  return found.filter((change) => change !== false);
}
