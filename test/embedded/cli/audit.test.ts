import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { startEphemeralPostgrest, type EphemeralPostgrest } from '../../../testing/index.ts';
import { notes } from '../../support/notes.ts';
import { run } from '../../support/run-cli.ts';

const declaration = notes('audited');
const OPEN = 'GRANT SELECT ON api.notes TO PUBLIC';

let directory: string;
let environment: EphemeralPostgrest;
let declarationFile: string;
/** The database's URI without the password. */
let uri: string;
let password: string;

const file = (name: string, content: string) => {
  const path = join(directory, name);
  writeFileSync(path, content, { mode: 0o600 });
  return path;
};

beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), 'audit-'));
  declarationFile = file('declaration.json', JSON.stringify(declaration));
  environment = await startEphemeralPostgrest(declaration);
  const url = new URL(environment.databaseUrl);
  password = decodeURIComponent(url.password);
  url.password = '';
  uri = url.href;
  await environment.sql(OPEN);
});
afterAll(async () => {
  await environment.stop();
  rmSync(directory, { recursive: true });
});

beforeEach(() => vi.stubEnv('PGPASSWORD', password));
afterEach(() => vi.unstubAllEnvs());

const audit = (...options: string[]) => run('audit', ...options);
const auditDeclared = (...options: string[]) => audit(uri, '--declaration', declarationFile, ...options);
const lastLine = (text: string) => text.trimEnd().split('\n').at(-1);

describe('audit', () => {
  it('reads a database that a URI names, without a declaration', async () => {
    const { stdout, stderr } = await audit(uri, '--schemas', 'api', '--roles', 'audited_user');
    expect(stderr).toBe('');
    expect(stdout).toMatch(/^audit of \w+, PostgreSQL 18\.\d+\n {2}schemas: api\n {2}roles: audited_user\n/);
    expect(lastLine(stdout)).toMatch(/^(passed|failed): /);
  });

  it('reads the database of DATABASE_URL', async () => {
    vi.stubEnv('PGPASSWORD', undefined);
    vi.stubEnv('DATABASE_URL', environment.databaseUrl);
    const { stdout } = await audit('--schemas', 'api', '--format', 'json');
    expect(JSON.parse(stdout)).toMatchObject({ format: 1, scope: { schemas: ['api'] }, failOn: 'error' });
  });

  it('rejects a password among the arguments, and does not print it', async () => {
    const { code, stdout, stderr } = await audit(environment.databaseUrl);
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(stderr).toMatch(/^secured-postgrest: audit: the URI has a password, .* \[invalid_prop\]\n$/);
    expect(stderr).not.toContain(password);
  });

  it('exits with 2 by what is not as declared, whether the declaration is an argument or an option', async () => {
    const { code, stdout } = await auditDeclared();
    expect(code).toBe(2);
    expect(stdout).toMatch(/^granted_to_public\n(?:.*\n)*? {2}- api\.notes grants SELECT to PUBLIC$/m);
    vi.stubEnv('DATABASE_URL', environment.databaseUrl);
    expect(await audit(declarationFile)).toEqual({ code, stdout, stderr: '' });
  });

  it('prints the short list of findings that it always printed as JSON', async () => {
    const { code, stdout } = await auditDeclared('--json');
    expect(code).toBe(2);
    const [first] = JSON.parse(stdout) as object[];
    expect(first).toEqual({
      rule: 'granted_to_public',
      level: 'error',
      object: 'api.notes',
      problem: 'grants SELECT to PUBLIC',
      fix: 'revoke it as its owner, or move it to another schema',
    });
  });

  it('writes a report to a file, and says what is in it', async () => {
    const output = join(directory, 'reports', 'audit.html');
    const { stdout } = await auditDeclared('--format', 'html', '--output', output);
    expect(stdout).toMatch(/^\S+audit\.html: \d+ errors?.*\n$/);
    expect(readFileSync(output, 'utf8')).toMatch(/^<!doctype html>/);
  });

  it('rejects a file that it cannot write', async () => {
    const { code, stdout, stderr } = await auditDeclared('--output', directory);
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(stderr).toMatch(/^secured-postgrest: --output: \S+ cannot be written \(EISDIR\); .* \[invalid_prop\]\n$/);
  });

  it('rejects a URI of another kind of database', async () => {
    const { code, stderr } = await audit('mysql://ann@localhost/todos');
    expect(code).toBe(1);
    expect(stderr).toMatch(
      /^secured-postgrest: the URI: it is not a URI of one PostgreSQL server; .* \[invalid_prop\]\n$/,
    );
  });

  it('fails by the chosen level', async () => {
    expect(await auditDeclared('--fail-on', 'never')).toMatchObject({ code: 0 });
    expect(await auditDeclared('--fail-on', 'warning')).toMatchObject({ code: 2 });
    expect(await auditDeclared('--fail-on', 'all')).toMatchObject({ code: 1, stdout: '' });
  });

  it('passes when a person has given the reasons of a draft of accepted findings', async () => {
    const draft = join(directory, 'draft.json');
    await auditDeclared('--format', 'accepted', '--output', draft);
    const rejected = await auditDeclared('--accepted', draft);
    expect(rejected).toMatchObject({ code: 1, stdout: '' });
    expect(rejected.stderr).toMatch(/draft\.json: \[0\]\.reason: it is not said why .* \[invalid_accepted\]\n$/);
    const accepted = file('accepted.json', readFileSync(draft, 'utf8').replaceAll('""', '"a test"'));
    const { code, stdout } = await auditDeclared('--accepted', accepted);
    expect(code).toBe(0);
    expect(lastLine(stdout)).toMatch(/^passed: .*\d accepted$/);
    const content = readFileSync(accepted, 'utf8');
    const lost = await auditDeclared('--accepted', accepted, '--format', 'json', '--output', accepted);
    expect(lost.stderr).toMatch(/accepted\.json is what the command reads, and would be lost; .*\[invalid_prop\]\n$/);
    expect(readFileSync(accepted, 'utf8')).toBe(content);
  });

  it('rejects two declarations, and two kinds of JSON', async () => {
    const twice = await audit(declarationFile, '--declaration', declarationFile);
    expect(twice).toMatchObject({ code: 1, stdout: '' });
    expect(twice.stderr).toMatch(/audit: .* are two declarations; name one of them \[invalid_prop\]\n$/);
    const json = await audit(uri, '--json', '--format', 'json');
    expect(json.stderr).toMatch(/--json: it is a format of its own; .* \[invalid_prop\]\n$/);
  });
});
