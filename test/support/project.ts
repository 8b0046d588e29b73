import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { inject } from 'vitest';
import { copyCheckout, root } from './checkout.ts';
import { type Run, runProgram } from './run-program.ts';

/** What `npm pack` makes of this package, in that directory: the path of the tarball. */
export async function pack(directory: string): Promise<string> {
  // `npm test` names a directory that all of its runs of vitest share.
  const tarball = await packOnce(process.env['PACKED_PACKAGE'] ?? join(inject('compiledPackage'), 'packed'));
  const path = join(directory, basename(tarball));
  cpSync(tarball, path);
  return path;
}

/** Packs, which compiles the package with its types, unless another test of this run has done so or is about to. */
async function packOnce(directory: string): Promise<string> {
  while (true) {
    // Only the first makes the directory.
    if (mkdirSync(directory, { recursive: true }) !== undefined) await packInto(directory);
    const tarball = readdirSync(directory).find((file) => file.endsWith('.tgz'));
    if (tarball !== undefined) return join(directory, tarball);
    await sleep(200);
  }
}

/** In a copy of the checkout, because the package is built first; whole at once, because others wait for it. */
async function packInto(directory: string): Promise<void> {
  const copy = mkdtempSync(join(tmpdir(), 'package-'));
  try {
    copyCheckout(copy);
    symlinkSync(join(root, 'node_modules'), join(copy, 'node_modules'));
    await must('npm', ['pack'], copy);
    const tarball = readdirSync(copy).find((file) => file.endsWith('.tgz'))!;
    cpSync(join(copy, tarball), join(directory, 'copy'));
    renameSync(join(directory, 'copy'), join(directory, tarball));
  } catch (error) {
    // The next one tries it itself.
    rmSync(directory, { recursive: true });
    throw error;
  } finally {
    rmSync(copy, { recursive: true });
  }
}

/** A later version of a packed package, whose texts by path are changed: the path of its tarball, beside the other one. */
export async function packLater(
  tarball: string,
  version: string,
  changes: Readonly<Record<string, (text: string) => string>>,
): Promise<string> {
  const copy = mkdtempSync(join(tmpdir(), 'package-'));
  await must('tar', ['-xzf', tarball], copy);
  const all = {
    'package.json': (text: string) => JSON.stringify({ ...(JSON.parse(text) as object), version }),
    ...changes,
  };
  for (const [file, change] of Object.entries(all)) {
    const path = join(copy, 'package', file);
    const before = readFileSync(path, 'utf8');
    const after = change(before);
    if (after === before) throw new Error(`the change of ${file} changes nothing`);
    writeFileSync(path, after);
  }
  const directory = dirname(tarball);
  await must('npm', ['pack', '--ignore-scripts', '--pack-destination', directory], join(copy, 'package'));
  rmSync(copy, { recursive: true });
  return tarball.replace(/-[^-]+\.tgz$/, `-${version}.tgz`);
}

/** Packages in the versions that this project is developed with, as `package.json` lists dependencies. */
export function versions(...names: string[]): Record<string, string> {
  const { devDependencies } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
    devDependencies: Record<string, string>;
  };
  return Object.fromEntries(names.map((name) => [name, devDependencies[name]!]));
}

/** Somebody else's project, outside of this repository, in a path with a space. */
export class Project {
  readonly directory = mkdtempSync(join(tmpdir(), 'a project '));

  write(file: string, content: string | object): void {
    const path = join(this.directory, file);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, typeof content === 'string' ? content : JSON.stringify(content, undefined, 2));
  }

  /** Writes `package.json` and installs what it names. */
  async install(manifest: object, ...flags: string[]): Promise<void> {
    this.write('package.json', manifest);
    await this.must('npm', ['install', '--prefer-offline', ...flags]);
  }

  /** Runs a program, in a folder of the project; it must succeed. */
  must(program: string, args: readonly string[], env: NodeJS.ProcessEnv = {}, folder = '.'): Promise<Run> {
    return must(program, args, join(this.directory, folder), env);
  }

  remove(): void {
    rmSync(this.directory, { recursive: true, force: true });
  }
}

/** Runs a program as in a shell of its own: without what npm and the tests tell their scripts. */
async function must(
  program: string,
  args: readonly string[],
  cwd: string,
  extra: NodeJS.ProcessEnv = {},
): Promise<Run> {
  const inherited = Object.entries(process.env).filter(
    ([name]) => !/^(npm_(lifecycle|package)_|VITEST|NODE_)/.test(name),
  );
  const env = { ...Object.fromEntries(inherited), TF_CLI_CONFIG_FILE: undefined, CHECKPOINT_DISABLE: '1', ...extra };
  const result = await runProgram(program, args, { cwd, env });
  if (result.status !== 0) throw new Error(`${program} ${args.join(' ')} failed:\n${result.output}`);
  return result;
}
