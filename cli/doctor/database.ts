import { connect, type DatabaseConnection } from '../../apply/connect.ts';
import { packageTemplate } from '../../declaration/template.ts';
import { clockFinding } from './clocks.ts';
import { type Finding, findings } from './finding.ts';
import { versionFindings } from './versions.ts';

const { ok, problem } = findings('database');

interface Row {
  readonly version: string;
  readonly standby: boolean;
  readonly now: string;
  readonly superuser: boolean;
  readonly admin: boolean;
}

/** Checks if the connecting role can deploy to an existing database. */
export async function checkDatabase(connection: DatabaseConnection, accepted?: readonly string[]): Promise<Finding[]> {
  const place = `${connection.host}:${connection.port ?? 5432}/${connection.database}`;
  let client;
  try {
    client = await connect(connection, 'impatient');
  } catch (error) {
    const [message = '', fix = ''] = (error as Error).message.replace(/ \[\w+\]$/, '').split(/; (.*)/s);
    return [problem(message, fix)];
  }
  try {
    const before = Date.now();
    const { rows } = await client.query<Row>(packageTemplate('doctor').sql);
    const { version, standby, now, superuser, admin } = rows[0]!;
    return [
      ok(`PostgreSQL ${version} at ${place}`),
      ...versionFindings('database', 'PostgreSQL', version.split(' ')[0]!, accepted),
      ...(standby ? [problem(`${place} is a standby, which can not be written to`, 'name the primary')] : []),
      superuser || admin
        ? ok(`"${connection.user}" may deploy`)
        : problem(
            `"${connection.user}" is no superuser, and has not CREATEROLE and the ownership of "${connection.database}"`,
            'run as a superuser: ALTER ROLE ... CREATEROLE; ALTER DATABASE ... OWNER TO ...',
          ),
      clockFinding('the database', Number(now) - (before + Date.now()) / 2),
    ];
  } finally {
    await client.end();
  }
}
