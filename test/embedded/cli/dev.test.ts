import { execFileSync } from 'node:child_process';
import { cpSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import pg from 'pg';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { freePorts } from '../../../testing/servers/free-ports.ts';
import { postgrestBinary } from '../../../testing/servers/postgrest-binary.ts';
import { childrenOf, dev as startDev, expectGone as expectAllGone, type DevProgram } from './dev-program.ts';
import { useOwnTemporaryDirectory } from '../testing/own-temporary-directory.ts';
import { isListening, serverDirectories } from '../testing/traces.ts';

const temporaryDirectory = useOwnTemporaryDirectory();
const declaration = fileURLToPath(new URL('../../../examples/todos/declaration.ts', import.meta.url));

const dev = (args: readonly string[], command?: readonly string[]) =>
  startDev(args, { temporaryDirectory: temporaryDirectory(), ...(command && { command }) });
const expectGone = (run: DevProgram, children: readonly number[]) => expectAllGone(run, children, temporaryDirectory());

afterEach(() => void vi.unstubAllEnvs());

describe('secured-postgrest dev', () => {
  it('prints the URL, the roles with tokens, and requests that work as they are printed', async () => {
    const run = await dev([declaration]);
    const [url, ...rest] = run.printed.out.split('\n');
    expect(url).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/);
    expect(rest.join('\n')).toMatch(
      /todos_anon: requests without a token\n {2}todos_user: claims \{"user_id":1\}, token\n {4}ey.{8}\.\.\..{6} in \/.*\/todos_user\.header\n/,
    );
    expect(run.printed.out).not.toMatch(/eyJ[\w-]{30}/);
    const [, database = ''] = /^database, as its admin: (postgresql:\S+)$/m.exec(run.printed.out) ?? [];
    const client = new pg.Client(database);
    await client.connect();
    const { rows: counted } = await client.query('select count(*)::int from api.todos');
    await client.end();
    expect(counted).toEqual([{ count: 3 }]);
    const curls = rest.filter((line) => line.startsWith('  curl '));
    const answers = curls.map(
      (line) => JSON.parse(execFileSync('sh', ['-c', `${line} --silent`], { encoding: 'utf8' })) as { title: string }[],
    );
    expect(answers.map((rows) => rows.map(({ title }) => title))).toEqual([
      ['water the plants'],
      ['buy milk', 'water the plants'],
    ]);
    const children = childrenOf(run);
    run.child.kill('SIGINT');
    run.child.kill('SIGINT');
    expect(await run.ended).toEqual([0, null]);
    expect(run.printed.err).toMatch(
      /^loading .* \.\.\. \d+ ms\nstarting Postgres \.\.\. \d+ ms\n(.* \.\.\. \d+ ms\n)+$/,
    );
    await expectGone(run, children);
  });

  it('prints whole tokens with --tokens, and gives them the claims of --claim', async () => {
    const run = await dev([declaration, '--no-explorer', '--tokens', '--claim', 'user_id=2', '--claim', 'plan=free']);
    expect(run.printed.out).toContain('todos_user: claims {"user_id":2,"plan":"free"}, token\n');
    const [, token = ''] = /\n {4}(eyJ\S+)\n/.exec(run.printed.out) ?? [];
    expect(run.printed.out).toContain(`  curl ${run.url()}/todos -H 'Authorization: Bearer ${token}'\n`);
    const answer = await fetch(`${run.url()}/todos?select=user_id&order=user_id`, {
      headers: { Authorization: `Bearer ${token}` },
    });
    expect(await answer.json()).toEqual([{ user_id: 1 }, { user_id: 2 }]);
    const children = childrenOf(run);
    run.child.kill('SIGINT');
    expect(await run.ended).toEqual([0, null]);
    await expectGone(run, children);
  });

  it('takes a port and a seed, and ends on SIGTERM', async () => {
    const [port] = (await freePorts(1)) as [number];
    const seed = join(temporaryDirectory(), 'my seed.sql');
    writeFileSync(seed, `insert into api.todos (user_id, title, public) values (9, 'mine', true)`);
    const run = await dev([declaration, '--port', String(port), '--seed', seed]);
    expect(run.url()).toBe(`http://127.0.0.1:${port}`);
    const answer = await fetch(`http://127.0.0.1:${port}/todos?select=title`);
    expect(await answer.json()).toEqual([{ title: 'mine' }]);
    const children = childrenOf(run);
    run.child.kill('SIGTERM');
    expect(await run.ended).toEqual([0, null]);
    await expectGone(run, children);
  });

  it('runs the PostgREST that --postgrest names, which wins over POSTGREST_BINARY, and refuses a relative path', async () => {
    const { path, version } = await postgrestBinary();
    vi.stubEnv('POSTGREST_BINARY', '/nowhere/postgrest');
    const run = await dev([declaration, '--no-explorer', '--postgrest', path]);
    const answer = await fetch(`${run.url()}/todos?select=title`);
    expect(answer.headers.get('Server')).toBe(`postgrest/${version}`);
    const children = childrenOf(run);
    run.child.kill('SIGTERM');
    expect(await run.ended).toEqual([0, null]);
    await expectGone(run, children);

    const relative = await dev([declaration, '--postgrest', 'postgrest']);
    expect(relative.printed.err).toMatch(/: --postgrest: "postgrest" is a relative path; .* \[missing_binary\]\n$/);
    const missing = await dev([declaration]);
    expect(missing.printed.err).toMatch(
      /: POSTGREST_BINARY: "\/nowhere\/postgrest" was not found .* \[missing_binary\]\n$/,
    );
    for (const { ended } of [relative, missing]) expect((await ended)[0]).toBe(1);
  });

  it('has a page to try it as each role, on a port of choice, or none', async () => {
    const [port] = (await freePorts(1)) as [number];
    const run = await dev([declaration, '--explorer-port', String(port)]);
    const link = new RegExp(`^try it as each role: http://127.0.0.1:${port}/#secret=([\\w-]{43})$`, 'm');
    const [, secret = ''] = link.exec(run.printed.out) ?? [];
    expect(run.printed.out).toContain(`OpenAPI, of the role that asks: ${run.url()}/\n`);
    const identities = `http://127.0.0.1:${port}/identities`;
    expect((await fetch(identities)).status).toBe(401);
    const answer = await fetch(identities, { headers: { 'Explorer-Secret': secret } });
    expect(await answer.json()).toMatchObject({
      identities: [{ role: 'todos_anon' }, { role: 'todos_user', claims: { user_id: 1 } }],
    });

    const other = await dev([declaration, '--explorer-port', String(port)]);
    expect((await other.ended)[0]).toBe(1);
    expect(other.printed.err).toBe(
      `secured-postgrest: --explorer-port: ${port} of 127.0.0.1 is in use; name another, or none for a free one [port_taken]\n`,
    );
    const both = await dev([declaration, '--port', '4000', '--explorer-port', '4000']);
    expect((await both.ended)[0]).toBe(1);
    expect(both.printed.err).toContain('--explorer-port: 4000 is the port of the API; name another');
    const without = await dev([declaration, '--no-explorer']);
    expect(without.printed.out).not.toContain('try it as each role');

    const children = [...childrenOf(run), ...childrenOf(without)];
    for (const one of [run, without]) {
      one.child.kill('SIGINT');
      expect(await one.ended).toEqual([0, null]);
    }
    expect(await isListening(port)).toBe(false);
    expect(run.printed.out.split(secret)).toHaveLength(2);
    expect(run.printed.err).not.toContain(secret);
    await expectGone(run, children);
  });

  it('ends when npm, which started it, is killed', async () => {
    // A shell between this test and the program, from the sources, as npm has them.
    const shell = ['sh', '-c', '"$0" --import tsx cli/main.ts "$@"; true', process.execPath];
    const run = await dev([declaration], shell);
    const children = childrenOf(run);
    expect(children.length).toBeGreaterThan(2);
    run.child.kill('SIGKILL');
    await run.ended;
    await expectGone(run, children);
  });

  it.each([
    [
      'a missing declaration',
      ['missing.ts'],
      `missing.ts: there is no file ${join(process.cwd(), 'missing.ts')}; name the declaration file`,
    ],
    ['a missing seed', [declaration, '--seed', 'missing.sql'], 'missing.sql'],
    ['a port that is none', [declaration, '--port', '0'], 'write a number, 1 to 65535'],
  ])('fails with a message for %s, and leaves nothing behind', async (_, args, message) => {
    const run = await dev(args);
    expect((await run.ended)[0]).toBe(1);
    expect(run.printed.out).toBe('');
    expect(run.printed.err).toContain(message);
    expect(serverDirectories(temporaryDirectory())).toEqual([]);
  });

  it('fails with the line of a broken seed.sql beside the declaration', async () => {
    const directory = join(temporaryDirectory(), 'project');
    cpSync(fileURLToPath(new URL('.', `file://${declaration}`)), directory, { recursive: true });
    const json = { name: 'empty', schemas: ['api'], roles: { users: ['empty_user'] } };
    writeFileSync(join(directory, 'declaration.json'), JSON.stringify(json));
    writeFileSync(join(directory, 'seed.sql'), 'select 1;\nselect * from api.missing;');
    const run = await dev([join(directory, 'declaration.json')]);
    expect((await run.ended)[0]).toBe(1);
    expect(run.printed.err).toMatch(/seed\.sql:2: relation "api.missing" does not exist/);
    expect(serverDirectories(temporaryDirectory())).toEqual([]);
  });
});
