import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { SecretsDirectory } from '../../constructs/index.ts';
import { Deployment, docker, root, type Run, runningServers, runProgram, touched } from '../support/deployment.ts';
import { ask } from '../support/poll.ts';
import { fillTodos } from '../support/failing-deploy.ts';

let todos: Deployment;
let identity: string;
let oldToken: string;
let backup: string;
const ROWS = '200 [{"id":1,"title":"buy milk"}, \n {"id":2,"title":"water the plants"}]';

beforeAll(async () => {
  todos = await Deployment.of('todos');
  await todos.deploy();
  const [, user] = await fillTodos(todos);
  oldToken = user.token!;
  identity = new SecretsDirectory({ name: 'todos', directory: todos.secrets }).identity;
  backup = join(todos.directory, 'backup');
});

afterAll(() => todos.remove());

const rows = (token: string) => ask({ name: 'user 1', url: `${todos.url}/todos?select=id,title&order=id`, token });

/** Just synthesizes, as each command of cdktf does first. */
function synthesize(env: NodeJS.ProcessEnv = {}): Promise<Run> {
  const app = ['--import', 'tsx', join(root, 'test/support/deployment-app.ts')];
  const loader = { NODE_PATH: join(root, 'node_modules') };
  app[1] = join(root, 'node_modules/tsx/dist/loader.mjs');
  return runProgram(process.execPath, app, {
    cwd: todos.directory,
    env: { ...todos.env, ...loader, CDKTF_OUTDIR: join(todos.directory, 'cdktf.out'), ...env },
  });
}

function command(...args: string[]): Promise<Run> {
  const program = ['--import', join(root, 'node_modules/tsx/dist/loader.mjs'), join(root, 'cli/main.ts'), ...args];
  return runProgram(process.execPath, program, { cwd: todos.directory, env: todos.env });
}

/** What a rejected deploy must leave as it is. */
function everything(): unknown {
  const postgres = docker('inspect', '--format', '{{.Id}} {{.State.StartedAt}}', 'todos-postgres');
  const password = docker('exec', 'todos-postgres', 'cat', '/run/secrets/postgres/password');
  return { servers: runningServers('todos'), postgres, password, states: todos.states(), secrets: filesOf('.secrets') };
}

function filesOf(directory: string): string[] {
  const path = join(todos.directory, directory);
  return existsSync(path) ? readdirSync(path, { recursive: true, encoding: 'utf8' }).sort() : [];
}

const lose = () => renameSync(todos.secrets, backup);
const restore = () => {
  rmSync(todos.secrets, { recursive: true, force: true });
  renameSync(backup, todos.secrets);
};

describe('without its secrets', () => {
  it('a deploy is rejected before it plans: API, data, state and engine are as before, and no secret is made', async () => {
    lose();
    const before = everything();
    const { status, output } = await todos.tryDeploy();
    expect(status).not.toBe(0);
    expect(output).toContain('[foreign_deployment]');
    expect(output).toContain(`secrets adopt --name todos --deployment ${identity} --directory`);
    expect(output).not.toMatch(/Initializing|Plan:|Terraform will perform/);
    expect(everything()).toEqual(before);
    expect(existsSync(todos.secrets)).toBe(false);
    expect(await rows(oldToken)).toBe(ROWS);
  });

  it.each<[string, () => NodeJS.ProcessEnv | void]>([
    ['with an empty directory', () => void mkdirSync(todos.secrets)],
    ['with a lost state', () => void moveStates(todos.directory, backup)],
    ['with an engine that does not answer', () => ({ DOCKER_HOST: `unix://${todos.directory}/none` })],
    [
      'with the directory of another deployment',
      () => {
        const directory = join(todos.directory, 'another');
        expect(new SecretsDirectory({ name: 'todos', directory }).identity).not.toBe(identity);
        return { SECRETS_DIRECTORY: directory };
      },
    ],
  ])('synthesizing is rejected %s', async (_, prepare) => {
    const { status, output } = await synthesize(prepare() ?? {});
    moveStates(backup, todos.directory);
    expect(status, output).not.toBe(0);
    expect(output).toContain(`belongs to deployment ${identity}`);
    expect(filesOf('.secrets')).toEqual([]);
  });

  it('a destroy is rejected too', async () => {
    const { status, output } = await todos.cdktf(['destroy', '*', '--auto-approve']);
    expect(status).not.toBe(0);
    expect(output).toContain('[foreign_deployment]');
    expect(await rows(oldToken)).toBe(ROWS);
  });

  it.each([
    ['its identity', 'fingerprint-key'],
    ['the admin password', 'admin-password'],
    ['the private keys', 'keys'],
  ])('a part is not made anew: %s', async (_, name) => {
    rmSync(todos.secrets, { recursive: true, force: true });
    cpSync(backup, todos.secrets, { recursive: true });
    rmSync(join(todos.secrets, name), { recursive: true });
    const before = filesOf('.secrets').filter((file) => file !== 'todos/keys');
    const { status, output } = await synthesize();
    expect(status).not.toBe(0);
    expect(output).toContain('[lost_secret]');
    expect(filesOf('.secrets').filter((file) => file !== 'todos/keys')).toEqual(before);
  });

  it('restoring them is enough', async () => {
    restore();
    expect(touched(await todos.deploy())).toEqual([]);
    expect(await rows(oldToken)).toBe(ROWS);
  });
});

describe('a password that the database does not have', () => {
  it('is rejected before planning; adopting gives it to the database', async () => {
    await todos.sql(`ALTER ROLE postgres PASSWORD 'changed by hand'`);
    const { status, output } = await synthesize();
    expect(status).not.toBe(0);
    expect(output).toMatch(/password authentication failed.*\[password_rejected\]/);
    const adopted = await command('secrets', 'adopt', '--name', 'todos', '--deployment', identity);
    expect(adopted.output).toContain('the database has a new admin password');
    expect(await todos.sql('SELECT 1 AS one')).toEqual([{ one: 1 }]);
    expect(docker('exec', 'todos-postgres', 'cat', '/tmp/pg_hba.conf')).not.toContain('trust');
    expect(touched(await todos.deploy())).toEqual([]);
  });
});

describe('taken over on purpose', () => {
  it('rejects a deployment that the engine does not have, and a directory with other secrets', async () => {
    lose();
    const unknown = await command('secrets', 'adopt', '--name', 'todos', '--deployment', '0123456789abcdef');
    expect(unknown.output).toContain(`name one of: ${identity}`);
    mkdirSync(todos.secrets, { mode: 0o700 });
    writeFileSync(join(todos.secrets, 'todos-postgres.pem'), 'of another', { mode: 0o600 });
    const other = await command('secrets', 'adopt', '--name', 'todos', '--deployment', identity);
    expect(other.output).toContain('[secret_exists]');
    expect(readFileSync(join(todos.secrets, 'todos-postgres.pem'), 'utf8')).toBe('of another');
    expect(filesOf('.secrets/todos')).toEqual(['todos-postgres.pem']);
    rmSync(todos.secrets, { recursive: true });
  });

  it('the deployment keeps its data, and the API serves tokens of the new key', async () => {
    const adopted = await command('secrets', 'adopt', '--name', 'todos', '--deployment', identity);
    expect(adopted.output).toContain('recovered authenticator-password');
    expect(await rows(oldToken)).toBe(ROWS);
    await todos.deploy();
    expect(await rows(await todos.tokenFor('todos_user', { user_id: 1 }))).toBe(ROWS);
    expect(await rows(oldToken)).toMatch(/^401/);
    expect(touched(await todos.deploy())).toEqual([]);
  });

  it('the lost directory, found again, does not deploy over it', async () => {
    const { status, output } = await synthesize({ SECRETS_DIRECTORY: backup });
    expect(status).not.toBe(0);
    expect(output).toContain('[password_rejected]');
  });
});

function moveStates(from: string, to: string): void {
  for (const file of readdirSync(from).filter((name) => name.endsWith('.tfstate'))) {
    renameSync(join(from, file), join(to, file));
  }
}
