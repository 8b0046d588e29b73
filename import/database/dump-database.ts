import { spawn } from 'node:child_process';
import { refuse } from '../../errors/secured-postgrest-error.ts';
import { oneLine } from '../../errors/one-line.ts';
import type { DatabaseConnection } from '../../postgres/connect.ts';
import type { SqlSource } from '../../postgres/sql-source.ts';

const MISSING = 'install the client programs of PostgreSQL in this version or a later one';
const BY_HAND =
  'run pg_dump --schema-only and pg_dumpall --roles-only --no-role-passwords where they are, and import the files with --dump';

/**
 * The schema of a database as pg_dump writes it: only that program knows how to write every object as SQL.
 *
 * @param version server_version_num of the database
 * @throws SecuredPostgrestError `missing_binary`, `database_unreachable`
 */
export async function dumpDatabase(
  connection: DatabaseConnection,
  version: number,
  withoutSchemas: readonly string[],
): Promise<SqlSource> {
  await checkProgram(Math.floor(version / 10_000));
  const { host, port = 5432, database, user, password, sslmode = 'disable', sslRootCertificate } = connection;
  const { code, output, errors } = await run(
    [
      ...['--schema-only', '--no-password', '--encoding=UTF8', '--no-security-labels', '--no-publications'],
      // Names that a later version reserves.
      '--quote-all-identifiers',
      ...['--no-subscriptions', '--no-tablespaces', '--host', host, '--port', String(port), '--username', user],
      ...withoutSchemas.map((schema) => `--exclude-schema=${schema}`),
      database,
    ],
    {
      // Unlike an argument, the environment of a process can be read by its own user only.
      PGPASSWORD: password,
      PGSSLMODE: sslmode,
      ...(sslRootCertificate !== undefined && { PGSSLROOTCERT: sslRootCertificate }),
    },
  );
  if (code === 0) return { file: `${database}.sql`, sql: output };
  refuse('database_unreachable', `database ${database}`, `pg_dump fails: ${oneLine(errors)}`, BY_HAND);
}

async function checkProgram(major: number): Promise<void> {
  const { code, output } = await run(['--version']);
  if (code !== 0) refuse('missing_binary', 'pg_dump', 'it is not on the PATH', `${MISSING}; or ${BY_HAND}`);
  const found = Number(/\d+/.exec(output)?.[0]);
  if (found >= major) return;
  refuse(
    'missing_binary',
    'pg_dump',
    `version ${found} cannot dump a server of version ${major}`,
    `${MISSING}; or ${BY_HAND}`,
  );
}

function run(args: readonly string[], environment: Readonly<Record<string, string>> = {}) {
  return new Promise<{ code: number | null; output: string; errors: string }>((resolve) => {
    const child = spawn('pg_dump', args, {
      env: { ...process.env, ...environment },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const [output, errors]: [Buffer[], Buffer[]] = [[], []];
    child.stdout.on('data', (chunk: Buffer) => output.push(chunk));
    child.stderr.on('data', (chunk: Buffer) => errors.push(chunk));
    const text = (chunks: readonly Buffer[]) => Buffer.concat(chunks).toString('utf8');
    child.on('error', () => resolve({ code: null, output: '', errors: '' }));
    child.on('close', (code) => resolve({ code, output: text(output), errors: text(errors) }));
  });
}
