import { lackingPrivileges } from '../../apply/admin-privileges.ts';
import { connect, type DatabaseConnection } from '../../postgres/connect.ts';
import { packageTemplate } from '../../postgres/template.ts';
import type { Declaration } from '../../declaration/types.ts';
import { SecuredPostgrestError } from '../../errors/secured-postgrest-error.ts';
import { clockResult } from './clocks.ts';
import { type CheckResult, resultsOf } from './check-result.ts';
import { versionResults } from './versions.ts';

const { ok, problem } = resultsOf('database');

interface Row {
  readonly version: string;
  readonly standby: boolean;
  readonly now: string;
}

/** Checks if the connecting role can deploy to an existing database; with a declaration, also if it can change its roles. */
export async function checkDatabase(connection: DatabaseConnection, declaration?: Declaration): Promise<CheckResult[]> {
  const place = `${connection.host}:${connection.port ?? 5432}/${connection.database}`;
  let client;
  try {
    client = await connect(connection, 'impatient');
  } catch (error) {
    if (!(error instanceof SecuredPostgrestError)) return [problem((error as Error).message, '')];
    return [problem(`${error.place}: ${error.problem}`, error.fix)];
  }
  try {
    const before = Date.now();
    const { rows } = await client.query<Row>(packageTemplate('cli/doctor').sql);
    const { version, standby, now } = rows[0]!;
    const lacking = await lackingPrivileges(client, declaration);
    return [
      ok(`PostgreSQL ${version} at ${place}`),
      ...versionResults('database', 'PostgreSQL', version.split(' ')[0]!, declaration?.acceptedAdvisories),
      ...(standby ? [problem(`${place} is a standby, which cannot be written to`, 'name the primary')] : []),
      lacking ? problem(`${place}: ${lacking.problem}`, lacking.fix) : ok(`"${connection.user}" may deploy`),
      clockResult('the database', Number(now) - (before + Date.now()) / 2),
    ];
  } finally {
    await client.end();
  }
}
