import { refuse } from '../errors/secured-postgrest-error.ts';
import { managedSchemas } from '../compile/access.ts';
import { ownTables } from '../compile/catalog-scope.ts';
import type { Declaration, SqlSource } from '../declaration/types.ts';
import type { ParsedStatement } from '../postgres/parse-sql.ts';
import { placeIn } from '../postgres/place-in.ts';
import { listOption, tableCommands, type RoleSpec } from './parse-nodes.ts';

/**
 * Rejects statements that a migration must not have.
 *
 * @throws SecuredPostgrestError `invalid_sql`
 */
export function checkStatements(
  declaration: Declaration,
  source: SqlSource,
  statements: readonly ParsedStatement[],
): void {
  const isOutside = statements.some(runsOutside);
  for (const { kind, node, offset } of statements) {
    const reject = (problem: string, fix = 'remove it') => refuse('invalid_sql', placeIn(source, offset), problem, fix);
    switch (kind) {
      case 'IndexStmt':
        if (isOutside && isOwnTable(declaration, node['relation'])) {
          reject('it makes an index of a table of the package, which nothing could take back');
        }
        break;
      case 'AlterExtensionContentsStmt':
        reject(
          "a migration cannot add to an extension, or take from it: what is an extension's is taken as its maker left it",
        );
        break;
      case 'TransactionStmt':
        reject('a migration cannot begin or end a transaction', 'remove it: the whole deploy is one');
        break;
      case 'CreateEventTrigStmt':
      case 'AlterEventTrigStmt':
        reject(
          'a migration cannot make or change an event trigger, which only a superuser may',
          'remove it: each deploy reloads the schema cache of PostgREST',
        );
        break;
      case 'VariableSetStmt':
        if (node['name'] === 'client_encoding' && !/^'?utf-?8'?$/i.test(settingOf(node))) {
          reject(`a migration is sent as UTF-8, not as ${settingOf(node)}`, 'remove it, and save the file as UTF-8');
        }
        break;
      case 'AlterTableStmt':
        if (changesOwner(declaration, node) === 'beside others') {
          reject(
            'a change of the owner stands beside other changes',
            `remove it: ${declaration.owner} owns every object`,
          );
        }
    }
  }
}

/**
 * Tests if the declaration decides what a statement is about, so that it is left out: another owner, default privileges
 * of another role, privileges on the database, and the creation of a declared schema, which exists by now. Dumps have them, and they would fail.
 */
export function isLeftOut(declaration: Declaration, { kind, node }: ParsedStatement): boolean {
  switch (kind) {
    case 'AlterTableStmt':
      return changesOwner(declaration, node) === 'alone';
    case 'AlterOwnerStmt':
      return isOtherRole(declaration, node['newowner'] as RoleSpec);
    case 'AlterDefaultPrivilegesStmt':
      return listOption<{ RoleSpec: RoleSpec }>(node, 'roles').some(({ RoleSpec }) =>
        isOtherRole(declaration, RoleSpec),
      );
    case 'GrantStmt':
      return node['objtype'] === 'OBJECT_DATABASE';
    case 'CreateSchemaStmt':
      return managedSchemas(declaration).includes(String(node['schemaname'])) && node['schemaElts'] === undefined;
    default:
      return false;
  }
}

/** Tests if Postgres rejects a statement inside a transaction block (documentation of each statement). */
export function runsOutside({ kind, node }: ParsedStatement): boolean {
  switch (kind) {
    case 'IndexStmt':
      return node['concurrent'] === true;
    case 'DropStmt':
      return node['concurrent'] === true;
    case 'ReindexStmt':
      return WHOLE.includes(node['kind']) || JSON.stringify(node['params'] ?? []).includes('"concurrently"');
    case 'VacuumStmt':
      return node['is_vacuumcmd'] === true;
    case 'ClusterStmt':
      return node['relation'] === undefined;
    case 'AlterTableStmt':
      return JSON.stringify(node['cmds'] ?? []).includes('"concurrent":true');
    case 'AlterSystemStmt':
    case 'CreatedbStmt':
    case 'DropdbStmt':
    case 'CreateTableSpaceStmt':
    case 'DropTableSpaceStmt':
      return true;
    default:
      return false;
  }
}

/** REINDEX targets that Postgres handles table by table, each in its own transaction. */
const WHOLE: readonly unknown[] = ['REINDEX_OBJECT_SCHEMA', 'REINDEX_OBJECT_DATABASE', 'REINDEX_OBJECT_SYSTEM'];

function isOwnTable(declaration: Declaration, relation: unknown): boolean {
  const { schemaname, relname } = relation as { schemaname?: string; relname?: string };
  return ownTables(declaration).some(({ schema, name }) => schema === schemaname && name === relname);
}

/** Tests if ALTER TABLE names another owner, alone or beside other changes. */
function changesOwner(declaration: Declaration, node: ParsedStatement['node']): 'alone' | 'beside others' | undefined {
  const commands = tableCommands(node);
  const changing = commands.filter(({ newowner }) => newowner && isOtherRole(declaration, newowner));
  if (changing.length === 0) return undefined;
  return changing.length === commands.length ? 'alone' : 'beside others';
}

/** Tests if a role is not the owner, as which migrations run. */
function isOtherRole({ owner }: Declaration, { roletype, rolename }: RoleSpec): boolean {
  return roletype === 'ROLESPEC_CSTRING' && rolename !== owner;
}

function settingOf(node: ParsedStatement['node']): string {
  const [value] = (node['args'] ?? []) as readonly { A_Const?: { sval?: { sval?: string } } }[];
  return value?.A_Const?.sval?.sval ?? 'UTF8';
}
