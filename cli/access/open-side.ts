import { declaredScope } from '../../audit/declared-scope.ts';
import type { DeclaredScope, ScopeOptions } from '../../audit/anywhere/find-scope.ts';
import { readAnywhere } from '../../audit/anywhere/read-anywhere.ts';
import type { Survey } from '../../audit/anywhere/survey.ts';
import { declaredPreRequest } from '../../access/diff/declared-pre-request.ts';
import type { DiffSide } from '../../access/diff/diff-side.ts';
import type { Declaration } from '../../declaration/types.ts';
import type { DatabaseConnection } from '../../postgres/connect.ts';
import { withClient } from '../../postgres/with-client.ts';
import { withConnection } from '../../postgres/with-connection.ts';
import { startSource } from '../../testing/source.ts';
import { namedConnection } from '../named-connection.ts';
import { isDatabaseUri } from '../database-uri.ts';
import type { ConnectionOptions } from '../connection.ts';
import { loadDeclaration } from '../load-declaration.ts';
import { declarationAt, parseFileAt } from './declaration-at.ts';

/** A side of a comparison, and the database that was read. */
export interface OpenSide extends DiffSide {
  readonly connection: DatabaseConnection;
  /** True for a database that a declaration has made for the comparison alone. */
  readonly isEphemeral: boolean;
}

/** A side that can be read. */
export interface Side {
  /** Scope that a declaration gives to a database on the other side; undefined for a database. */
  readonly declared?: DeclaredScope;
  /** Does work while the database is there. `declared`: by the other side. */
  use<T>(work: (side: OpenSide) => Promise<T>, declared: DeclaredScope | undefined): Promise<T>;
  end(): Promise<void>;
}

export interface SideOptions {
  readonly connection: Partial<ConnectionOptions>;
  /** Scope of databases; a declaration has its own. */
  readonly scope: ScopeOptions;
}

/**
 * Finds out what one argument of `access diff` names: a database by its URI, or by a variable with its URI, a declaration at a
 * commit, or a declaration.
 * Declarations are applied to a new database on this machine.
 */
export async function prepareSide(text: string, options: SideOptions): Promise<Side> {
  const environment: NodeJS.ProcessEnv = process.env;
  const place = 'access diff';
  const { connection } = options;
  if (isDatabaseUri(text)) {
    return databaseSide(namedConnection({ uri: text, options: connection, environment, place }), options);
  }
  const variable = variableOf(text);
  if (variable !== undefined) {
    const named = { DATABASE_URL: variable };
    return databaseSide(namedConnection({ uri: undefined, options: connection, environment: named, place }), options);
  }
  const at = parseFileAt(text);
  return declarationSide(text, await (at ? declarationAt(at) : loadDeclaration(text)));
}

/** Tests if an argument names a database. */
export function isDatabase(text: string): boolean {
  return isDatabaseUri(text) || variableOf(text) !== undefined;
}

function variableOf(text: string): string | undefined {
  return /^[A-Z][A-Z0-9_]*$/.test(text) ? process.env[text] : undefined;
}

function databaseSide(connection: DatabaseConnection, { scope }: SideOptions): Side {
  return {
    async use(work, declared) {
      const anywhere = await withConnection(connection, (client) =>
        readAnywhere(client, { ...scope, environment: process.env, declared }),
      );
      const [schema, name] = settingOf(anywhere.survey, 'pgrst.db_pre_request')?.split('.') ?? [];
      const preRequest = schema !== undefined && name !== undefined ? { schema, name, isOwn: false } : undefined;
      return work({ name: connection.database, anywhere, preRequest, connection, isEphemeral: false });
    },
    end: () => Promise.resolve(),
  };
}

async function declarationSide(name: string, declaration: Declaration): Promise<Side> {
  const source = await startSource(declaration);
  return {
    declared: declaredScope(declaration),
    use: (work) =>
      source.inCopy(async (connection) => {
        const anywhere = await withClient(connection, (client) => readAnywhere(client, declaredScope(declaration)));
        const preRequest = declaredPreRequest(declaration);
        return work({ name, anywhere, preRequest, connection, isEphemeral: true });
      }),
    end: () => source.stop(),
  };
}

function settingOf({ settings }: Survey, name: string): string | undefined {
  return settings.findLast((setting) => setting.name.toLowerCase() === name)?.value;
}
