import { readAnywhere, type AnywhereOptions } from '../../audit/anywhere/read-anywhere.ts';
import { declaredScope } from '../../audit/declared-scope.ts';
import type { Declaration } from '../../declaration/types.ts';
import type { DatabaseConnection } from '../../postgres/connect.ts';
import { withConnection } from '../../postgres/with-connection.ts';
import type { AccessMap } from './access-map.ts';
import { declaredWords } from './declared-words.ts';
import { mapSurvey } from './map-survey.ts';

/** Settings of {@link readMap}. */
export interface ReadMapOptions extends AnywhereOptions {
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
  { madeFrom, ...options }: ReadMapOptions = {},
): Promise<AccessMap> {
  return withConnection(connection, async (client) => {
    const audited = await readAnywhere(client, { ...(madeFrom && declaredScope(madeFrom)), ...options });
    return mapSurvey(audited, madeFrom?.name ?? audited.survey.server.database, madeFrom && declaredWords(madeFrom));
  });
}
