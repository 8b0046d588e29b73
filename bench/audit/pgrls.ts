import { execFile, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { bases, type BaseName } from '../../test/support/audit/corpus/base.ts';
import type { LocalConnection } from '../../testing/servers/postgres-server.ts';
import type { Linter, LinterFinding } from './linter.ts';

const VERSION = '0.57';

interface Report {
  readonly violations: readonly { rule_id: string; severity: LinterFinding['level']; location: string }[];
}

/** Lints the exposed schema; on Supabase that of files too, for which it has a rule. */
const schemasOf: Readonly<Record<BaseName, string>> = { postgrest: 'api', supabase: 'public,storage' };

/** pgrls knows the exposed schema and the roles of Supabase by default, and those of another base when it is told. */
function configuration(name: BaseName): string {
  const { exposed, user } = bases[name];
  const named = { schemas: [exposed], grantees: ['anon', user, 'PUBLIC'] };
  const rules = ['SEC049', 'SEC052', 'SEC053', 'SEC054'].map(
    (rule) =>
      `[lint.rules.${rule}]\nschemas = ${JSON.stringify(named.schemas)}\ngrantees = ${JSON.stringify(named.grantees)}`,
  );
  const roles = JSON.stringify(['anon', user, 'service_role']);
  return [...rules, `[lint.rules.SEC037]\nknown_roles = ${roles}`, ''].join('\n');
}

export const pgrls: Linter = {
  name: 'pgrls',
  obstacle() {
    const { stdout } = spawnSync('pgrls', ['--version'], { encoding: 'utf8' });
    if (typeof stdout !== 'string') return `pgrls is not installed: pip install pgrls==${VERSION}.0`;
    return stdout.includes(`${VERSION}.`) ? undefined : `pgrls is ${stdout.trim()}: pip install pgrls==${VERSION}.0`;
  },
  async find(connection, base) {
    const directory = mkdtempSync(join(tmpdir(), 'pgrls-'));
    try {
      writeFileSync(join(directory, 'pgrls.toml'), configuration(base));
      const { violations } = await lint(connection, { schemas: schemasOf[base], directory });
      return violations.map(({ rule_id, severity, location }) => ({
        rule: rule_id,
        level: severity,
        object: location,
      }));
    } finally {
      rmSync(directory, { recursive: true });
    }
  },
};

/** Lints schemas, with the configuration in a directory. */
export function lint(
  { user, password, host, port, database }: LocalConnection,
  { schemas, directory }: { schemas: string; directory: string },
): Promise<Report> {
  const url = `postgresql://${user}@${host}:${port}/${database}`;
  const options = ['--database-url', url, '--schemas', schemas, '--format', 'json'];
  const env = { ...process.env, PGPASSWORD: password };
  return new Promise((resolve, reject) => {
    // It exits with 1 where it has found something.
    execFile('pgrls', ['lint', ...options], { cwd: directory, env, maxBuffer: 1 << 26 }, (_, stdout, stderr) => {
      try {
        resolve(JSON.parse(stdout) as Report);
      } catch (cause) {
        reject(new Error(`pgrls wrote no report: ${stderr}`, { cause }));
      }
    });
  });
}
