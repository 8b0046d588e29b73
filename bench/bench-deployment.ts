import { mkdtempSync, readFileSync, rmSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { DatabaseConnection } from '../apply/index.ts';
import { copyCheckout } from '../test/support/checkout.ts';
import { postgresImage, postgrestImage } from '../test/support/images.ts';
import { docker, engineObjects, freePort, root, runProgram } from '../test/support/deployment.ts';

const terraform = process.env['TERRAFORM_BINARY_NAME'] ?? 'terraform';
const cdktf = join(root, 'node_modules/cdktf-cli/bundle/bin/cdktf');
/** The app of the example, started as in `cdktf.json`. */
const APP = 'node --import tsx/esm bench/bench-app.ts';

/** A program that takes longer hangs. */
const PROGRAM_LIMIT_MS = 10 * 60_000;

/** In the order in which they are deployed. */
const STACKS = ['bench-database', 'bench-access', 'bench-api'] as const;

/** A deployment named `bench`, in a copy of the checkout. There is one at a time on an engine. */
export class BenchDeployment {
  readonly directory: string;
  readonly #env: NodeJS.ProcessEnv;
  readonly #databasePort: number;

  private constructor(directory: string, databasePort: number, env: NodeJS.ProcessEnv) {
    this.directory = directory;
    this.#databasePort = databasePort;
    this.#env = env;
  }

  /** `tables`: how many; the to-do list where there is no number. Nothing is deployed yet. */
  static async create(tables?: number): Promise<BenchDeployment> {
    removeObjects();
    const directory = mkdtempSync(join(tmpdir(), 'bench-'));
    copyCheckout(directory);
    symlinkSync(join(root, 'node_modules'), join(directory, 'node_modules'));
    // Older than what is installed: there is nothing to install.
    utimesSync(join(directory, 'package-lock.json'), 0, 0);
    writeFileSync(
      join(directory, 'cdktf.json'),
      JSON.stringify({ language: 'typescript', app: APP, projectId: 'bench', sendCrashReports: 'false' }),
    );
    const databasePort = await freePort();
    return new BenchDeployment(directory, databasePort, {
      ...process.env,
      TF_CLI_CONFIG_FILE: undefined,
      CHECKPOINT_DISABLE: '1',
      POSTGRES_IMAGE: postgresImage,
      POSTGREST_IMAGE: postgrestImage,
      DATABASE_PORT: String(databasePort),
      API_PORT: String(await freePort()),
      BENCH_TABLES: tables === undefined ? undefined : String(tables),
    });
  }

  /** Deploys by the command of the docs. */
  deploy(): Promise<void> {
    return this.#run('npm', ['run', 'deploy', '--', '--auto-approve', '--skip-provider-lock']);
  }

  deployWithCli(): Promise<void> {
    return this.#run(process.execPath, [cdktf, 'deploy', '*', '--auto-approve', '--skip-provider-lock']);
  }

  /** The app alone, which each deploy runs first. */
  synth(): Promise<void> {
    return this.#run('/bin/sh', ['-c', `exec ${APP}`], { CDKTF_OUTDIR: 'cdktf.out' });
  }

  /** The synthesized stacks, without the CLI. */
  async applyWithTerraform(): Promise<void> {
    for (const stack of STACKS) {
      await this.terraform(this.#stack(stack), 'init', '-input=false');
      await this.terraform(this.#stack(stack), 'apply', '-auto-approve', '-input=false');
    }
  }

  async destroyWithTerraform(): Promise<void> {
    for (const stack of [...STACKS].reverse()) {
      await this.terraform(this.#stack(stack), 'destroy', '-auto-approve', '-input=false');
    }
  }

  /** Removes what a deploy synthesized and initialized, as in a fresh clone. */
  forget(): void {
    rmSync(join(this.directory, 'cdktf.out'), { recursive: true, force: true });
  }

  terraform(directory: string, ...args: string[]): Promise<void> {
    return this.#run(terraform, [`-chdir=${directory}`, ...args]);
  }

  /** Terraform resources in the synthesized stacks. */
  resources(): number {
    return STACKS.map((stack) => {
      const json = JSON.parse(readFileSync(join(this.#stack(stack), 'cdk.tf.json'), 'utf8')) as {
        resource?: Record<string, Record<string, unknown>>;
      };
      return Object.values(json.resource ?? {}).reduce((sum, byName) => sum + Object.keys(byName).length, 0);
    }).reduce((sum, count) => sum + count, 0);
  }

  /** The deployed database's server, as its superuser. */
  connection(database: string) {
    return {
      host: '127.0.0.1',
      port: this.#databasePort,
      database,
      user: 'postgres',
      password: readFileSync(this.passwordFile, 'utf8').trim(),
      sslmode: 'verify-full',
      sslRootCertificate: join(this.directory, '.secrets/bench/bench-postgres-certificate.pem'),
    } satisfies DatabaseConnection;
  }

  get passwordFile(): string {
    return join(this.directory, '.secrets/bench/admin-password');
  }

  remove(): void {
    removeObjects();
    rmSync(this.directory, { recursive: true, force: true });
  }

  #stack(name: string): string {
    return join(this.directory, 'cdktf.out/stacks', name);
  }

  async #run(program: string, args: readonly string[], env: NodeJS.ProcessEnv = {}): Promise<void> {
    const timeout = PROGRAM_LIMIT_MS;
    const run = await runProgram(program, args, { cwd: this.directory, env: { ...this.#env, ...env }, timeout });
    if (run.status !== 0) throw new Error(`${program} ${args.join(' ')} failed:\n${run.output}`);
  }
}

/** Whatever a deployment named `bench` has made on the engine, also one that was killed. */
function removeObjects(): void {
  for (const kind of ['container', 'volume', 'network'] as const) {
    const names = engineObjects(kind, 'bench');
    if (names.length > 0) docker(kind, 'rm', ...(kind === 'network' ? [] : ['--force']), ...names);
  }
}
