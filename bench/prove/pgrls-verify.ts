import { execFile } from 'node:child_process';
import type { LocalConnection } from '../../testing/servers/postgres-server.ts';
import { SUBJECTS, type Shares, type Subject } from './shares.ts';

const MODES: Readonly<Record<Subject, string>> = {
  'anonymous reads': 'anon',
  "reads of others' rows": 'cross-tenant',
  writes: 'write',
};
const STATUSES = { isolated: 'proven', leak: 'leak', unverified: 'not modelled' } as const;

interface Report {
  readonly tables: readonly { readonly table: string; readonly verdict: keyof typeof STATUSES }[];
}

/** Settings that a user gives pgrls for a database. */
export interface VerifyOptions {
  readonly schemas: readonly string[];
  /** Functions without a default that read the token. */
  readonly authFunctions: readonly string[];
}

/** Runs the prover of pgrls in its three modes; a database without a table with row security has no verdict. */
export async function verifyWithPgrls(connection: LocalConnection, options: VerifyOptions): Promise<Shares> {
  const entries: [Subject, Shares[Subject]][] = [];
  for (const subject of SUBJECTS) {
    const { tables } = await verify(connection, MODES[subject], options);
    entries.push([subject, new Map(tables.map(({ table, verdict }) => [table, STATUSES[verdict]]))]);
  }
  return Object.fromEntries(entries) as Shares;
}

async function verify(connection: LocalConnection, mode: string, options: VerifyOptions): Promise<Report> {
  const { user, password, host, port, database } = connection;
  const url = `postgresql://${user}@${host}:${port}/${database}`;
  const args = ['--database-url', url, '--schemas', options.schemas.join(','), '--mode', mode, '--format', 'json'];
  const functions = options.authFunctions.flatMap((name) => ['--auth-function', name]);
  const settings = { env: { ...process.env, PGPASSWORD: password }, maxBuffer: 1 << 26 };
  return new Promise((resolve, reject) => {
    // It exits with 1 where it has found a leak.
    execFile('pgrls', ['verify', ...args, ...functions], settings, (_, stdout, stderr) => {
      try {
        resolve(JSON.parse(stdout) as Report);
      } catch (cause) {
        reject(new Error(`pgrls wrote no report: ${stderr}`, { cause }));
      }
    });
  });
}
