import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type pg from 'pg';
import { ModuleKind, ScriptTarget, transpileModule } from 'typescript';
import type { DatabaseConnection } from '../../apply/index.ts';
import { checkPort } from '../../testing/servers/wanted-port.ts';
import { withClient } from '../../postgres/with-client.ts';
import { loadSigningKey, signToken, type TokenOptions } from '../../tokens/index.ts';
import type { Declaration, KeySource } from '../../declaration/types.ts';
import { copyCheckout, root } from './checkout.ts';
import { compiled } from './compiled.ts';
import { nginxImage, postgresImage, postgrestImage } from './images.ts';
import { type Run, type RunOptions, runProgram, type Watch } from './run-program.ts';
import { planStacks, runStacks, synthesize } from './stacks.ts';

export { root } from './checkout.ts';
export { type Run, runProgram } from './run-program.ts';

const cdktf = join(root, 'node_modules/cdktf-cli/bundle/bin/cdktf');

/**
 * A copy of an example in a directory of its own, deployed with the real providers and engine: by Terraform as the CLI runs
 * it, or with the CLI where that is what a test is about.
 */
export class Deployment {
  readonly directory: string;
  readonly apiPort: number;
  readonly databasePort: number;
  readonly statusPort: number;
  readonly env: NodeJS.ProcessEnv;
  /** The declaration's name. */
  readonly name: string;

  private constructor(
    name: string,
    directory: string,
    [apiPort, databasePort, statusPort]: readonly [number, number, number],
    env: NodeJS.ProcessEnv,
  ) {
    this.name = name;
    this.directory = directory;
    this.apiPort = apiPort;
    this.databasePort = databasePort;
    this.statusPort = statusPort;
    this.env = {
      ...process.env,
      TF_CLI_CONFIG_FILE: undefined,
      CHECKPOINT_DISABLE: '1',
      POSTGRES_IMAGE: postgresImage,
      POSTGREST_IMAGE: postgrestImage,
      GATEWAY_IMAGE: nginxImage,
      GATEWAY_STATUS_PORT: String(statusPort),
      DATABASE_PORT: String(databasePort),
      API_PORT: String(apiPort),
      DECLARATION: join(directory, 'declaration', 'declaration.mjs'),
      ...env,
    };
  }

  /**
   * Copies an example; nothing is deployed yet.
   *
   * @param program the app, a file of the compiled package. @default the stacks of the example's declaration
   */
  static async of(example: string, env: NodeJS.ProcessEnv = {}, program?: string): Promise<Deployment> {
    const deployment = await Deployment.prepare(example, env, program);
    cpSync(join(root, 'examples', example), join(deployment.directory, 'declaration'), { recursive: true });
    // Imports by a relative path would lead out of the copy.
    deployment.edit('declaration.ts', (text) =>
      text.replace("'../../declaration/index.ts'", `'${compiled('declaration/index.js')}'`),
    );
    return deployment;
  }

  /**
   * Of a declaration that the test has made; nothing is deployed yet.
   *
   * @param program the app, a file of the compiled package. @default the stacks of the declaration
   */
  static async declaring(declaration: Declaration, env: NodeJS.ProcessEnv = {}, program?: string): Promise<Deployment> {
    const deployment = await Deployment.prepare(declaration.name, env, program);
    deployment.env['DECLARATION'] = join(deployment.directory, 'declaration', 'declaration.json');
    mkdirSync(join(deployment.directory, 'declaration'));
    deployment.declare(declaration);
    return deployment;
  }

  private static async prepare(
    name: string,
    env: NodeJS.ProcessEnv,
    program = 'test/support/deployment-app.js',
  ): Promise<Deployment> {
    refuseRunning(name);
    const directory = mkdtempSync(join(tmpdir(), `deployment ${name} `));
    const settings = {
      language: 'typescript',
      app: `node ${quoted(compiled(program))}`,
      projectId: name,
      sendCrashReports: 'false',
    };
    writeFileSync(join(directory, 'cdktf.json'), JSON.stringify(settings));
    return new Deployment(name, directory, await freePorts(), env);
  }

  /** Copies what git would have in a fresh clone: deployed with the commands of the README. */
  static async clone(): Promise<Deployment> {
    refuseRunning('todos');
    const directory = mkdtempSync(join(tmpdir(), 'clone of it '));
    copyCheckout(directory);
    return new Deployment('todos', directory, await freePorts(), { DECLARATION: undefined });
  }

  /** Another checkout on this machine of what is deployed: with the secrets and what Terraform knows, in another directory. */
  checkout(): Deployment {
    const directory = mkdtempSync(join(tmpdir(), `checkout ${this.name} `));
    const outputs = join(this.directory, 'cdktf.out');
    cpSync(this.directory, directory, { recursive: true, filter: (path) => !path.startsWith(outputs) });
    return new Deployment(this.name, directory, [this.apiPort, this.databasePort, this.statusPort], {});
  }

  get url(): string {
    return `http://127.0.0.1:${this.apiPort}`;
  }

  get secrets(): string {
    return join(this.directory, '.secrets', this.name);
  }

  /** Changes a file of the declaration. */
  edit(file: string, change: (text: string) => string): void {
    const path = join(this.directory, 'declaration', file);
    const before = readFileSync(path, 'utf8');
    const after = change(before);
    if (after === before) throw new Error(`the edit of ${file} changes nothing`);
    writeFileSync(path, after);
    if (file === 'declaration.ts') this.#compile(after);
  }

  /** An app that has to compile TypeScript takes twice the CPU time. */
  #compile(declaration: string): void {
    const compilerOptions = { module: ModuleKind.ESNext, target: ScriptTarget.ES2022 };
    this.add('declaration.mjs', transpileModule(declaration, { compilerOptions }).outputText);
  }

  add(file: string, text: string): void {
    writeFileSync(join(this.directory, 'declaration', file), text);
  }

  /** Puts another declaration in the place of the one that was made by the test. */
  declare(declaration: Declaration): void {
    this.add('declaration.json', JSON.stringify(declaration));
  }

  /** It must succeed. */
  async deploy(env: NodeJS.ProcessEnv = {}): Promise<Run> {
    return succeeded('deploy', await this.tryDeploy(env));
  }

  /** What comes of it may be a failure. */
  tryDeploy(env: NodeJS.ProcessEnv = {}, watch?: Watch): Promise<Run> {
    return runStacks('deploy', this.#options(env, watch));
  }

  /** Just synthesizes, as each command of cdktf does first. */
  synthesize(env: NodeJS.ProcessEnv = {}): Promise<Run> {
    return synthesize(this.#options(env));
  }

  /** Addresses of the resources that another deploy would change. */
  pending(): Promise<string[]> {
    return planStacks(this.#options());
  }

  async destroy(): Promise<Run> {
    return succeeded('destroy', await runStacks('destroy', this.#options()));
  }

  /** With the CLI, as a user does; it must succeed. */
  async deployWithCli(env: NodeJS.ProcessEnv = {}): Promise<Run> {
    return succeeded('deploy', await this.tryDeployWithCli(env));
  }

  tryDeployWithCli(env: NodeJS.ProcessEnv = {}, watch?: Watch): Promise<Run> {
    // Providers that are installed locally are in no registry that could be asked for their hashes.
    return this.cdktf(['deploy', '*', '--auto-approve', '--skip-provider-lock'], env, watch);
  }

  /** Runs the CLI. */
  cdktf(args: readonly string[], env: NodeJS.ProcessEnv = {}, watch?: Watch): Promise<Run> {
    return runProgram(process.execPath, [cdktf, ...args], this.#options(env, watch));
  }

  /** Runs a command of this package. */
  command(args: readonly string[], env: NodeJS.ProcessEnv = {}): Promise<Run> {
    return runProgram(process.execPath, [compiled('cli/main.js'), ...args], this.#options(env));
  }

  /** One of the README's commands, such as `deploy`. */
  npmRun(script: string, ...flags: string[]): Promise<Run> {
    return runProgram('npm', ['run', script, '--', ...flags], this.#options());
  }

  #options(env: NodeJS.ProcessEnv = {}, watch?: Watch): RunOptions {
    return { cwd: this.directory, env: { ...this.env, ...env }, ...(watch && { watch }) };
  }

  /** Removes whatever is left, also after a failure. */
  async remove(): Promise<void> {
    for (const kind of ['container', 'volume', 'network'] as const) {
      const names = engineObjects(kind, this.name);
      if (names.length > 0) docker(kind, 'rm', ...(kind === 'network' ? [] : ['--force']), ...names);
    }
    await rm(this.directory, { recursive: true, force: true });
  }

  /** A token of the deployed API's own key. */
  async tokenFor(
    role: string,
    claims: Readonly<Record<string, unknown>> = {},
    options: Partial<TokenOptions> & { keys?: KeySource } = {},
  ): Promise<string> {
    const { keys = { generate: 'ES256' }, ...token } = options;
    const key = loadSigningKey(keys, join(this.secrets, 'keys'));
    return signToken(key!, { ...token, role, claims });
  }

  /** How the admin reaches the database. */
  get admin(): DatabaseConnection {
    return {
      host: '127.0.0.1',
      port: this.databasePort,
      database: this.name,
      user: 'postgres',
      password: readFileSync(join(this.secrets, 'admin-password'), 'utf8'),
      sslmode: 'verify-full',
      sslRootCertificate: join(this.secrets, `${this.name}-postgres-certificate.pem`),
    };
  }

  sql<Row extends pg.QueryResultRow>(text: string): Promise<Row[]> {
    return withClient(this.admin, async (client) => {
      const result = (await client.query<Row>(text)) as pg.QueryResult<Row> | pg.QueryResult<Row>[];
      return Array.isArray(result) ? result.at(-1)!.rows : result.rows;
    });
  }

  /** What Terraform keeps of the stacks. */
  states(): { readonly file: string; readonly text: string }[] {
    return readdirSync(this.directory)
      .filter((file) => file.includes('.tfstate'))
      .map((file) => ({ file, text: readFileSync(join(this.directory, file), 'utf8') }));
  }
}

function succeeded(command: 'deploy' | 'destroy', run: Run): Run {
  if (run.status !== 0) throw new Error(`the ${command} failed:\n${run.output}`);
  return run;
}

/** What Terraform did in each stack: `no changes`, or how many resources it added, changed and destroyed. */
export function changes({ output }: Run): Record<string, string> {
  const found: Record<string, string> = {};
  let stack: string | undefined;
  for (const line of output.split('\n')) {
    // Only the first line of what a stack prints at a time names it.
    stack = /^\s*(\S+-(?:database|access|api))(?:\s|$)/.exec(line)?.[1] ?? stack;
    const said = /(No changes)\.|Apply complete! Resources: (.*)\./.exec(line);
    // An apply that changes nothing counts zeros as well.
    if (stack !== undefined && said) found[stack] ??= said[1] ? 'no changes' : said[2]!;
  }
  return found;
}

/** The resources that Terraform created, replaced, updated or destroyed, by address, once each. */
export function touched({ output }: Run): string[] {
  const addresses = [...output.matchAll(/(\S+\.\S+): (?:Creating|Modifying|Destroying)\.\.\./g)].map(
    (match) => match[1]!,
  );
  // Logical ids end in a hash.
  return [...new Set(addresses.map((address) => address.replace(/_[0-9A-F]{8}$/, '')))].sort();
}

/** Names of the engine's containers, volumes or networks that belong to a declaration. */
export function engineObjects(kind: 'container' | 'volume' | 'network', name: string): string[] {
  const all = kind === 'container' ? ['--all'] : [];
  const format = kind === 'container' ? '{{.Names}}' : '{{.Name}}';
  return docker(kind, 'ls', ...all, '--filter', `label=secured-postgrest.name=${name}`, '--format', format)
    .split('\n')
    .filter((line) => line !== '');
}

/** The servers that run, and since when: others after a restart. */
export function runningServers(name: string): string[] {
  return engineObjects('container', name)
    .filter((container) => container.startsWith(`${name}-api-`))
    .map((container) => docker('inspect', '--format', '{{.Name}} {{.Id}} {{.State.StartedAt}}', container))
    .sort();
}

export function docker(...args: string[]): string {
  const { status, stdout, stderr } = spawnSync('docker', args, { encoding: 'utf8' });
  if (status !== 0) throw new Error(`docker ${args.join(' ')}: ${stderr}`);
  return stdout.trim();
}

/** A deployment of that name belongs to somebody else: its names are the ones that the test needs. */
function refuseRunning(name: string): void {
  const running = engineObjects('container', name);
  if (running.length === 0) return;
  throw new Error(`this engine already runs a deployment "${name}" (${running.join(', ')}); destroy it first`);
}

/** A port that stays free until it is used: tests that run meanwhile get theirs from the system, which gives higher ones. */
export async function freePort(): Promise<number> {
  const port = 20_000 + Math.floor(Math.random() * 10_000);
  return checkPort(port).then(
    () => port,
    () => freePort(),
  );
}

async function freePorts(): Promise<readonly [number, number, number]> {
  return [await freePort(), await freePort(), await freePort()];
}

function quoted(path: string): string {
  return JSON.stringify(path);
}
