import { checkVersion } from '../../audit/anywhere/audit-database.ts';
import { prepare } from '../../audit/anywhere/anywhere.ts';
import { findScope, type PostgrestEnvironment, type ScopeOptions } from '../../audit/anywhere/find-scope.ts';
import { readSurvey, surveying } from '../../audit/anywhere/read-survey.ts';
import { declaredScope } from '../../audit/declared-scope.ts';
import type { Declaration } from '../../declaration/types.ts';
import type { DatabaseConnection } from '../../postgres/connect.ts';
import { withClient } from '../../postgres/with-client.ts';
import type { AccessMap } from './access-map.ts';
import { declaredWords } from './declared-words.ts';
import { mapSurvey } from './map-survey.ts';

/** Settings of {@link readMap}. */
export interface ReadMapOptions extends ScopeOptions {
  /** PostgREST's variables. @default none */
  readonly environment?: PostgrestEnvironment;
  /** The declaration that the database has been made from: it gives scope, name and words. @default none */
  readonly madeFrom?: Declaration;
}

/**
 * Maps a database, in a transaction that cannot write.
 *
 * @throws SecuredPostgrestError `database_unreachable`, `unsupported_database`, `scope_not_found`, `unknown_role`, `unknown_schema`
 */
export function readMap(
  connection: DatabaseConnection,
  { environment, madeFrom, ...options }: ReadMapOptions = {},
): Promise<AccessMap> {
  return withClient(connection, async (client) => {
    const survey = await surveying(client, () => readSurvey(client));
    checkVersion(survey.server);
    const scope = findScope(survey, { ...(madeFrom && declaredScope(madeFrom)), ...options }, environment);
    const audited = await prepare(survey, scope);
    return mapSurvey(audited, madeFrom?.name ?? survey.server.database, madeFrom && declaredWords(madeFrom));
  });
}
