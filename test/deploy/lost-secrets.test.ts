import { createHash } from 'node:crypto';
import {
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { checkEngineClock } from '../../cli/doctor/clocks.ts';
import { engineAddress } from '../../constructs/docker/engine-address.ts';
import { SecretsDirectory } from '../../constructs/index.ts';
import { Deployment, docker, root, runningServers } from '../support/deployment.ts';
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

const adopt = (deployment: string) =>
  todos.command(['secrets', 'adopt', '--name', 'todos', '--deployment', deployment]);

/** The deployment has no gateway. */
const doctor = (env: NodeJS.ProcessEnv = {}) =>
  todos.command(['doctor', todos.env['DECLARATION']!], { GATEWAY: 'off', ...env });

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

describe('doctor', () => {
  beforeAll(() => symlinkSync(join(root, 'node_modules'), join(todos.directory, 'node_modules')));

  it('finds no problem in a deployment, and changes nothing', async () => {
    const before = everything();
    const { status, output } = await doctor();
    expect(output).not.toMatch(/^problem/m);
    expect(status, output).toBe(0);
    expect(output).toContain(`.secrets/todos is deployment ${identity}`);
    expect(output).toContain(`127.0.0.1:${todos.apiPort} is published by todos-api-1`);
    expect(output).toMatch(/^ok {6}running: todos-postgres runs PostgreSQL \d+\.\d+$/m);
    expect(output).toMatch(/^ok {6}running: todos-api-1 runs PostgREST \d+\.\d+/m);
    expect(everything()).toEqual(before);
  });

  it('names an engine that does not answer, a missing Terraform and a port that a program has', async () => {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    const { status, output } = await doctor({
      DOCKER_HOST: `unix://${todos.directory}/none`,
      TERRAFORM_BINARY_NAME: 'no-terraform',
      API_PORT: String(port),
    });
    server.close();
    expect(status).toBe(1);
    expect(output).toMatch(/^problem engine: no Docker engine answers at unix:.*none.*DOCKER_HOST$/m);
    expect(output).not.toMatch(/^warning engine/m);
    expect(output).toMatch(/^problem terraform: there is no program "no-terraform"; .*TERRAFORM_BINARY_NAME(=tofu)?$/m);
    expect(output).toMatch(
      new RegExp(`^problem ports: 127.0.0.1:${port} is taken by .*\\(process \\d+\\); .*API_PORT$`, 'm'),
    );
  });

  it('names providers and images that cannot be had, and another container on the port', async () => {
    const empty = join(todos.directory, 'mirror');
    mkdirSync(empty);
    const configuration = join(empty, 'terraformrc');
    writeFileSync(configuration, `provider_installation { filesystem_mirror { path = ${JSON.stringify(empty)} } }`);
    const { status, output } = await doctor({
      TF_CLI_CONFIG_FILE: configuration,
      POSTGRES_IMAGE: '127.0.0.1:1/postgres:18.4',
      API_PORT: String(todos.databasePort),
    });
    expect(status).toBe(1);
    expect(output).toMatch(/^problem providers: terraform init does not find .*kreuzwerker\/docker/m);
    expect(output).toMatch(/^problem images: the engine has no image 127\.0\.0\.1:1\/postgres:18\.4/m);
    expect(output).toMatch(/^problem ports: .* is published by the container todos-postgres; .*API_PORT$/m);
  });

  it('names a current context that Terraform does not know', async () => {
    const directory = join(todos.directory, 'docker');
    const meta = join(directory, 'contexts/meta', createHash('sha256').update('other').digest('hex'));
    mkdirSync(meta, { recursive: true });
    const endpoint = { Host: 'unix:///run/other.sock', SkipTLSVerify: false };
    writeFileSync(join(directory, 'config.json'), JSON.stringify({ currentContext: 'other' }));
    writeFileSync(
      join(meta, 'meta.json'),
      JSON.stringify({ Name: 'other', Metadata: {}, Endpoints: { docker: endpoint } }),
    );
    const { output } = await doctor({ DOCKER_CONFIG: directory });
    expect(output).toMatch(/^warning engine: .*context "other" at unix:\/\/\/run\/other\.sock.*export DOCKER_HOST=/m);
  });

  it("tells an engine's clock that is an hour behind", () => {
    const levels = (ahead: number) =>
      checkEngineClock(engineAddress(), () => Date.now() + ahead).map(({ level }) => level);
    expect(levels(0)).toEqual(['ok']);
    expect(levels(3_600_000)).toEqual(['problem']);
  });
});

describe('without its secrets', () => {
  it('a deploy is rejected before it plans: API, data, state and engine are as before, and no secret is made', async () => {
    lose();
    const before = everything();
    const { status, output } = await todos.tryDeployWithCli();
    expect(status).not.toBe(0);
    expect(output).toContain('[foreign_deployment]');
    expect(output).toContain(`secrets adopt --name todos --deployment ${identity} --directory`);
    expect(output).not.toMatch(/Initializing|Plan:|Terraform will perform/);
    expect(everything()).toEqual(before);
    expect(existsSync(todos.secrets)).toBe(false);
    expect(await rows(oldToken)).toBe(ROWS);
    expect((await doctor()).output).toMatch(/^problem secrets: .* belongs to deployment .*secrets adopt/m);
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
    const { status, output } = await todos.synthesize(prepare() ?? {});
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
    const { status, output } = await todos.synthesize();
    expect(status).not.toBe(0);
    expect(output).toContain('[lost_secret]');
    expect(filesOf('.secrets').filter((file) => file !== 'todos/keys')).toEqual(before);
  });

  it('restoring them is enough', async () => {
    restore();
    expect(await todos.pending()).toEqual([]);
    expect(await rows(oldToken)).toBe(ROWS);
  });
});

describe('a password that the database does not have', () => {
  it('is rejected before planning; adopting gives it to the database', async () => {
    await todos.sql(`ALTER ROLE postgres PASSWORD 'changed by hand'`);
    const { status, output } = await todos.synthesize();
    expect(status).not.toBe(0);
    expect(output).toMatch(/password authentication failed.*\[password_rejected\]/);
    expect((await doctor()).output).toMatch(
      /^problem secrets: the database of todos-postgres rejects .*secrets adopt/m,
    );
    const adopted = await adopt(identity);
    expect(adopted.output).toContain('the database has a new admin password');
    expect(await todos.sql('SELECT 1 AS one')).toEqual([{ one: 1 }]);
    expect(docker('exec', 'todos-postgres', 'cat', '/tmp/pg_hba.conf')).not.toContain('trust');
    expect(await todos.pending()).toEqual([]);
  });
});

describe('taken over on purpose', () => {
  it('rejects a deployment that the engine does not have, and a directory with other secrets', async () => {
    lose();
    const unknown = await adopt('0123456789abcdef');
    expect(unknown.output).toContain(`name one of: ${identity}`);
    mkdirSync(todos.secrets, { mode: 0o700 });
    writeFileSync(join(todos.secrets, 'todos-postgres.pem'), 'of another', { mode: 0o600 });
    const other = await adopt(identity);
    expect(other.output).toContain('[secret_exists]');
    expect(readFileSync(join(todos.secrets, 'todos-postgres.pem'), 'utf8')).toBe('of another');
    expect(filesOf('.secrets/todos')).toEqual(['todos-postgres.pem']);
    rmSync(todos.secrets, { recursive: true });
  });

  it('the deployment keeps its data, and the API serves tokens of the new key', async () => {
    const adopted = await adopt(identity);
    expect(adopted.output).toContain('recovered authenticator-password');
    expect(await rows(oldToken)).toBe(ROWS);
    await todos.deploy();
    expect(await rows(await todos.tokenFor('todos_user', { user_id: 1 }))).toBe(ROWS);
    expect(await rows(oldToken)).toMatch(/^401/);
    expect(await todos.pending()).toEqual([]);
  });

  it('the lost directory, found again, does not deploy over it', async () => {
    const { status, output } = await todos.synthesize({ SECRETS_DIRECTORY: backup });
    expect(status).not.toBe(0);
    expect(output).toContain('[password_rejected]');
  });
});

function moveStates(from: string, to: string): void {
  for (const file of readdirSync(from).filter((name) => name.endsWith('.tfstate'))) {
    renameSync(join(from, file), join(to, file));
  }
}
