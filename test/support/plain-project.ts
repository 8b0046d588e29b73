import {
  cpSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { root } from './checkout.ts';
import { type Run, runProgram, type Watch } from './run-program.ts';

/** Commands that a stack runs one after the other when it is deployed, by name. */
export type Commands = Readonly<Record<string, string>>;

/**
 * The scripts of this project with an app whose stacks need Terraform and nothing else: each runs commands, and depends on the
 * stack before it.
 */
export class PlainProject {
  readonly directory = realpathSync(mkdtempSync(join(tmpdir(), 'plain project ')));

  constructor(settings: object = {}) {
    cpSync(join(root, 'scripts'), join(this.directory, 'scripts'), { recursive: true });
    symlinkSync(join(root, 'node_modules'), join(this.directory, 'node_modules'));
    this.write('package.json', JSON.stringify({ type: 'module' }));
    this.write('app.mjs', APP);
    this.write(
      'cdktf.json',
      JSON.stringify({ language: 'typescript', app: 'node app.mjs', sendCrashReports: 'false', ...settings }),
    );
  }

  /** The commands of each stack, by its name. */
  declare(stacks: Readonly<Record<string, Commands>>): void {
    this.write('stacks.json', JSON.stringify(stacks));
  }

  write(file: string, text: string): void {
    writeFileSync(join(this.directory, file), text);
  }

  read(file: string): string {
    return readFileSync(join(this.directory, file), 'utf8');
  }

  get files(): string[] {
    return readdirSync(this.directory);
  }

  /** Runs the script of `npm run deploy`. */
  deploy(flags: readonly string[] = [], env: NodeJS.ProcessEnv = {}, watch?: Watch): Promise<Run> {
    return this.#run(['scripts/cdktf.mjs', 'deploy', '--auto-approve', ...flags], env, watch);
  }

  /** Runs the script of `npm run destroy`. */
  destroy(): Promise<Run> {
    return this.#run(['scripts/cdktf.mjs', 'destroy', '--auto-approve']);
  }

  /** Deploys with the CLI. */
  deployWithCli(): Promise<Run> {
    return this.#run(['node_modules/cdktf-cli/bundle/bin/cdktf', 'deploy', '*', '--auto-approve']);
  }

  /** Names of the resources in the state of a stack. */
  resources(stack: string): string[] {
    const { resources } = JSON.parse(this.read(`terraform.${stack}.tfstate`)) as { resources: { name: string }[] };
    return resources.map(({ name }) => name).sort();
  }

  remove(): void {
    rmSync(this.directory, { recursive: true, force: true });
  }

  #run(args: readonly string[], env: NodeJS.ProcessEnv = {}, watch?: Watch): Promise<Run> {
    return runProgram(process.execPath, args, {
      cwd: this.directory,
      env: { ...process.env, TF_CLI_CONFIG_FILE: undefined, CHECKPOINT_DISABLE: '1', ...env },
      ...(watch && { watch }),
    });
  }
}

const APP = `
import { readFileSync } from 'node:fs';
import { Annotations, App, TerraformOutput, TerraformResource, TerraformStack } from 'cdktf';
import { Construct } from 'constructs';

const app = new App();
let before;
for (const [name, commands] of Object.entries(JSON.parse(readFileSync('stacks.json', 'utf8')))) {
  const stack = new TerraformStack(app, name);
  if (before) stack.addDependency(before);
  before = stack;
  let last;
  for (const [id, command] of Object.entries(commands)) {
    const resource = new TerraformResource(stack, id, {
      terraformResourceType: 'terraform_data',
      dependsOn: last ? [last] : [],
      provisioners: [{ type: 'local-exec', command }],
    });
    resource.addOverride('triggers_replace', command);
    resource.overrideLogicalId(id);
    last = resource;
  }
  new TerraformOutput(stack, 'names', { value: Object.keys(commands) });
  const inner = new Construct(new Construct(stack, 'outer'), 'inner');
  new TerraformOutput(inner, 'hidden', { value: name, sensitive: true });
  if (process.env.ANNOTATE) Annotations.of(stack).addError(process.env.ANNOTATE);
  if (process.env.BACKEND) stack.addOverride('terraform.backend', JSON.parse(process.env.BACKEND));
}
if (process.env.FAIL) throw new Error(process.env.FAIL);
app.synth();
`;
