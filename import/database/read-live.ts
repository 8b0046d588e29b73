import { connect, type DatabaseConnection } from '../../postgres/connect.ts';
import type { SqlSource } from '../../postgres/sql-source.ts';
import { presetOf, SCHEMAS_OF_SUPABASE, type PresetName } from '../presets/presets.ts';
import { dumpDatabase } from './dump-database.ts';
import type { FoundOutline } from './found.ts';
import { readingDatabase } from './read-database.ts';
import { rolesSql } from './roles-sql.ts';

/** Content of a database: its schema as SQL, and the outline that a dump lacks. */
export interface LiveDatabase {
  readonly sources: readonly SqlSource[];
  readonly outline: FoundOutline;
  readonly preset: PresetName;
}

/** @throws SecuredPostgrestError `database_unreachable`, `missing_binary` */
export async function readLive(connection: DatabaseConnection, named?: PresetName): Promise<LiveDatabase> {
  const client = await connect(connection, 'impatient');
  const { outline, version } = await readingDatabase(client, async (reader) => ({
    outline: await reader.outline(),
    version: await reader.version(),
  })).finally(() => client.end());
  const preset = named ?? presetOf(outline);
  const dump = await dumpDatabase(connection, version, preset === 'supabase' ? SCHEMAS_OF_SUPABASE : []);
  return { sources: [rolesSql(outline.roles), dump], outline, preset };
}
