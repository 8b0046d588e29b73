import type { MigrationStatement } from './read-migrations.ts';
import { inOneMessage, setRole } from './run-steps.ts';
import type { Session } from './session.ts';
import { quoteIdentifier, quoteLiteral } from '../postgres/quote.ts';
import { sessionSettings } from '../postgres/session.ts';
import { raw, statementsOf } from '../postgres/statements.ts';

const statement = statementsOf('apply/extensions');
const sessionStatement = statementsOf('postgres/session');

/** Settings of a migration so far. */
interface MigrationSettings {
  /** Schema in which it creates objects. */
  readonly schema: string | null;
  readonly settings: readonly { readonly name: string; readonly value: string }[];
}

interface Option {
  readonly DefElem: { readonly defname: string; readonly arg?: { readonly String?: { readonly sval: string } } };
}

interface CommentNode {
  readonly object: { readonly String: { readonly sval: string } };
  readonly comment?: string;
}

/**
 * Runs a statement about an extension as the admin, inside a transaction, with the session's own settings. The migration's
 * role and settings return afterwards. The statement is written anew, so that nothing else can run as the admin.
 */
export async function runAsAdmin({ client, declaration }: Session, one: MigrationStatement): Promise<void> {
  const { rows } = await client.query<MigrationSettings>(statement('migration_settings'), []);
  const { schema, settings } = rows[0]!;
  await client.query(inOneMessage([setRole(), sessionStatement('reset_all'), sessionSettings()]));
  await client.query(await written(client, one, schema));
  await client.query(
    inOneMessage([
      sessionStatement('reset_all'),
      setRole(declaration.owner),
      ...settings.map(({ name, value }) => statement('restore_setting', { name, value })),
    ]),
  );
}

async function written(client: Session['client'], { kind, node }: MigrationStatement, schema: string | null) {
  if (kind === 'CreateExtensionStmt') return creation(client, node, schema);
  const { object, comment = '' } = node as unknown as CommentNode;
  return statement('comment_on_extension', { name: object.String.sval, comment });
}

/**
 * Writes the creation of an extension. Its script may run as a superuser, and finds functions and operators in the schema:
 * none of them may be another role's.
 */
async function creation(
  client: Session['client'],
  node: MigrationStatement['node'],
  current: string | null,
): Promise<string> {
  const name = String(node['extname']);
  const given = new Map(
    ((node['options'] ?? []) as readonly Option[]).map(({ DefElem: { defname, arg } }) => [defname, arg?.String?.sval]),
  );
  const fixed = await client.query(statement('fixed_schema'), [name]);
  const schema = given.get('schema') ?? (fixed.rows.length > 0 ? undefined : (current ?? undefined));
  if (schema === undefined && fixed.rows.length === 0)
    throw new Error(`no schema is selected for the extension "${name}"`);
  const { rows: unsafe } = await client.query<{ schema: string }>(statement('unsafe_schemas'), [name, schema ?? null]);
  if (unsafe.length > 0) {
    const schemas = unsafe.map((one) => one.schema).join(', ');
    throw new Error(
      `the script of the extension "${name}" runs as the admin, and could call functions of others in ${schemas}`,
    );
  }
  const version = given.get('new_version');
  const options = [
    ...(schema === undefined ? [] : [`SCHEMA ${quoteIdentifier(schema)}`]),
    ...(version === undefined ? [] : [`VERSION ${quoteLiteral(version)}`]),
    ...(given.has('cascade') ? ['CASCADE'] : []),
  ];
  return statement('create_extension', {
    name,
    if_not_exists: raw(node['if_not_exists'] ? 'IF NOT EXISTS' : ''),
    options: raw(options.join(' ')),
  });
}
