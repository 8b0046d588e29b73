import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { sqlFile } from '../../../declaration/index.ts';
import todos from '../../../examples/todos/declaration.ts';
import { startEphemeralPostgrest, type EphemeralPostgrest } from '../../../testing/index.ts';
import { run } from '../../support/run-cli.ts';

const DECLARATION = 'examples/todos/declaration.ts';
const own = ['todos_user', 'GET /todos?id=eq.1', '--claim', 'user_id=2'];

let environment: EphemeralPostgrest;
let uri: string;
let password: string;

beforeAll(async () => {
  environment = await startEphemeralPostgrest(todos, { seed: [sqlFile('examples/todos/seed.sql')] });
  const url = new URL(environment.databaseUrl);
  password = decodeURIComponent(url.password);
  url.password = '';
  uri = url.href;
});
afterAll(() => environment.stop());
beforeEach(() => vi.stubEnv('PGPASSWORD', password));
afterEach(() => vi.unstubAllEnvs());

const why = (...options: string[]) => run('access', 'why', ...options);

describe('access why', () => {
  it('answers for a role with claims, in a database that a URI names', async () => {
    const { code, stdout, stderr } = await why(...own, uri);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toMatch(
      /^GET \/todos\?id=eq\.1 as todos_user: no row\nwhy: the row of api\.todos exists and is not shown: /,
    );
    expect(stdout).toContain('false: user_id = claim user_id (the row has user_id 1, the token 2)');
    expect(stdout).toMatch(/\nfix: send a token with the claim user_id = 1; or /);
    expect(stdout).toContain('note: rows that todos_user may not see were read with the rights of postgres');
  });

  it('does not say without the declaration that no function is called before requests', async () => {
    expect((await why(...own, uri)).stdout).toMatch(
      /\n {2}\? {3}pre-request check: no setting in the database names one; /,
    );
    const declared = await why(...own, uri, '--declaration', DECLARATION);
    expect(declared.stdout).toContain('yes pre-request check: todos_private.pre_request accepts it');
  });

  it('prints JSON, of a token that it checks by the declaration', async () => {
    const token = await environment.tokenFor('todos_user', { user_id: 1 });
    const { stdout } = await why(
      token,
      'GET https://api.example/todos?id=eq.1',
      uri,
      '--declaration',
      DECLARATION,
      '--format',
      'json',
    );
    expect(JSON.parse(stdout)).toMatchObject({
      format: 1,
      request: 'GET /todos?id=eq.1',
      role: 'todos_user',
      result: 'all',
      rows: [{ table: 'api.todos', key: { id: '1' }, outcome: 'reached' }],
    });
  });

  it('makes an environment of the declaration where no database is named', async () => {
    const { stdout } = await why('none', 'POST /todos', '--data', '{"title": "x"}', '--declaration', DECLARATION);
    expect(stdout).toMatch(
      /^POST \/todos as todos_anon: rejected \(42501\)\nwhy: todos_anon has no grant to insert api\.todos\n/,
    );
    expect(stdout).toContain(
      'fix: declare it and deploy; the next deploy undoes a plain GRANT INSERT ("title") ON "api"."todos"',
    );
  });

  it('explains a call that only another role may make, and of a function that is not declared, by the declaration', async () => {
    const projects = ['--data', '{}', '--declaration', 'examples/projects/declaration.ts'];
    const denied = await why('projects_anon', 'POST /rpc/my_tasks', ...projects);
    expect(denied.stdout).toMatch(
      /\(42501\)\nwhy: projects_anon may not call my_tasks; declared for \w+\nfix: add projects_anon to `execute` of my_tasks\n/,
    );
    const unknown = await why('projects_anon', 'POST /rpc/their_tasks', ...projects);
    expect(unknown.stdout).toContain('(PGRST202)\nwhy: function their_tasks is not declared, so no role may call it\n');
  });

  it.each([
    [['none', 'MERGE /todos'], /request: the method "MERGE" is not explained; use GET/],
    [['a.b.c', 'GET /todos', '--claim', 'user_id=1'], /--claim: a token has its own claims/],
    [['none', 'GET /todos'], /access why: it is not said which database/],
    [['none', 'POST /todos', '--declaration', DECLARATION], /--data: the insert of todos has no body/],
    [['todos_user', 'GET /todos', '--claims', '[1]'], /--claims: it is no JSON object/],
  ])('rejects %j', async (options, message) => {
    const { code, stderr } = await why(...options);
    expect(code).toBe(1);
    expect(stderr).toMatch(message);
    expect(stderr).toMatch(/\[invalid_prop\]\n$/);
  });
});
