import type pg from 'pg';
import { oldestMajor } from '../../declaration/releases/releases.ts';
import { refuse } from '../../errors/secured-postgrest-error.ts';
import { prepare, type Anywhere } from './anywhere.ts';
import { findScope, type DeclaredScope, type PostgrestEnvironment, type ScopeOptions } from './find-scope.ts';
import { readSurvey, surveying } from './read-survey.ts';
import type { Survey, SurveyedServer } from './survey.ts';

/** Scope of a database: parts that are given, and where the other ones are found. */
export interface AnywhereOptions extends ScopeOptions {
  /** PostgREST's variables. @default none */
  readonly environment?: PostgrestEnvironment;
  /** Counts where nothing else names the schemas or the anonymous role. @default none */
  readonly declared?: DeclaredScope | undefined;
}

/**
 * Reads any database behind PostgREST, in a transaction that cannot write, and prepares it for rules, maps and proofs.
 *
 * @throws SecuredPostgrestError `unsupported_database`, `scope_not_found`, `unknown_role`, `unknown_schema`
 */
export async function readAnywhere(client: pg.ClientBase, options: AnywhereOptions = {}): Promise<Anywhere> {
  return prepareSurvey(await surveying(client, () => readSurvey(client)), options);
}

/** Prepares what was read of a database. */
export function prepareSurvey(
  survey: Survey,
  { environment, declared, ...options }: AnywhereOptions = {},
): Promise<Anywhere> {
  checkVersion(survey.server);
  return prepare(survey, findScope(survey, options, environment, declared));
}

function checkVersion({ version, database }: SurveyedServer): void {
  const oldest = oldestMajor('PostgreSQL');
  if (version >= oldest * 10_000) return;
  refuse(
    'unsupported_database',
    `database ${database}`,
    `its server is version ${Math.floor(version / 10_000)}`,
    `use PostgreSQL ${oldest} or later, whose views can run with the rights of who asks`,
  );
}
