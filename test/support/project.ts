import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { type Run, root, runProgram } from './deployment.ts';

/** What `npm pack` makes of this package: the path of the tarball. */
export async function pack(directory: string): Promise<string> {
  await must('npm', ['pack', '--pack-destination', directory], root);
  const tarball = readdirSync(directory).find((file) => file.endsWith('.tgz'));
  return join(directory, tarball!);
}

/** Somebody else's project, outside of this repository, in a path with a space. */
export class Project {
  readonly directory = mkdtempSync(join(tmpdir(), 'a project '));

  write(file: string, content: string | object): void {
    const path = join(this.directory, file);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, typeof content === 'string' ? content : JSON.stringify(content, undefined, 2));
  }

  /** `npm install`, of what `package.json` names and of further packages. */
  async install(...packages: string[]): Promise<void> {
    await this.must('npm', ['install', '--prefer-offline', '--no-audit', '--no-fund', ...packages]);
  }

  /** Runs a program that must succeed. */
  must(program: string, args: readonly string[], env: NodeJS.ProcessEnv = {}): Promise<Run> {
    return must(program, args, this.directory, env);
  }

  /** Runs a program, whatever comes of it. */
  run(program: string, args: readonly string[], env: NodeJS.ProcessEnv = {}): Promise<Run> {
    return run(program, args, this.directory, env);
  }

  remove(): void {
    rmSync(this.directory, { recursive: true, force: true });
  }
}

async function must(program: string, args: readonly string[], cwd: string, env: NodeJS.ProcessEnv = {}): Promise<Run> {
  const result = await run(program, args, cwd, env);
  if (result.status !== 0) throw new Error(`${program} ${args.join(' ')} failed:\n${result.output}`);
  return result;
}

/** Runs a program as in a shell of its own: without what `npm` and the tests tell their scripts. */
function run(program: string, args: readonly string[], cwd: string, env: NodeJS.ProcessEnv): Promise<Run> {
  const inherited = Object.entries(process.env).filter(
    ([name]) => !/^(npm_(?!config_(registry|userconfig|cache|offline))|VITEST|NODE_ENV$|NODE_OPTIONS$)/i.test(name),
  );
  return runProgram(program, args, {
    cwd,
    env: { ...Object.fromEntries(inherited), TF_CLI_CONFIG_FILE: undefined, CHECKPOINT_DISABLE: '1', ...env },
  });
}
