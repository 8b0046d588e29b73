import type { MigrationStatement } from './read-migrations.ts';
import { inOneMessage, setRole } from './run-steps.ts';
import type { Session } from './session.ts';
import { quoteIdentifier } from '../postgres/quote.ts';
import { sessionSettings } from '../postgres/session.ts';
import { statementsOf } from '../postgres/statements.ts';

const statement = statementsOf('apply/statements');
const sessionStatement = statementsOf('postgres/session');

interface ExtensionSchemas {
  /** Schema of the objects, unless the extension has its own. */
  readonly schema: string | null;
  readonly fixed: boolean;
  /** Schemas with functions or operators that the script could call in place of those that it means. */
  readonly unsafe: readonly string[];
}

interface OptionNode {
  readonly DefElem: { readonly defname: string; readonly arg?: { readonly String?: { readonly sval: string } } };
}

/**
 * Runs a statement about an extension as the admin, inside a transaction, with the session's own settings. The migration's
 * settings and role return afterwards.
 */
export async function runAsAdmin({ client, declaration }: Session, one: MigrationStatement): Promise<void> {
  const { rows: settings } = await client.query<{ name: string; value: string }>(statement('changed_settings'));
  const sql = one.kind === 'CreateExtensionStmt' ? await withSafeSchema(client, one) : one.sql;
  await client.query(inOneMessage([setRole(), sessionStatement('reset_all'), sessionSettings()]));
  await client.query(sql);
  await client.query(
    inOneMessage([
      sessionStatement('reset_all'),
      ...settings.map(({ name, value }) => statement('restore_setting', { name, value })),
      setRole(declaration.owner),
    ]),
  );
}

/**
 * Writes the schema into the creation of an extension. Its script may run as a superuser, and finds functions and operators
 * in that schema: none of them may be another role's.
 */
async function withSafeSchema(client: Session['client'], { sql, node }: MigrationStatement): Promise<string> {
  const name = String(node['extname']);
  const options = (node['options'] ?? []) as readonly OptionNode[];
  const given = options.find(({ DefElem: { defname } }) => defname === 'schema')?.DefElem.arg?.String?.sval;
  const { rows } = await client.query<ExtensionSchemas>(statement('extension_schemas'), [name, given ?? null]);
  const { schema, fixed, unsafe } = rows[0]!;
  if (unsafe.length > 0) {
    throw new Error(
      `the script of the extension "${name}" runs as the admin, and could call functions of others in ${unsafe.join(', ')}`,
    );
  }
  if (given !== undefined || fixed) return sql;
  if (schema === null) throw new Error(`no schema is selected for the extension "${name}"`);
  return `${sql} SCHEMA ${quoteIdentifier(schema)}`;
}
