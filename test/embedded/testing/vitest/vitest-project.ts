import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { baseDirectory } from '../../../../testing/servers/base-directory.ts';
import { root } from '../../../support/deployment.ts';

/** What the tests of such a project import. */
const IMPORTS = `
import { expect } from 'vitest';
import declaration from '${root}/examples/todos/declaration.ts';
import { apiTest } from '${root}/testing/vitest/index.ts';
import { sqlFile } from '${root}/index.ts';
const seed = [sqlFile('${root}/examples/todos/seed.sql')];
`;

/** On a busy machine an environment takes longer than the five seconds that vitest gives a test. */
const PATIENT = ['--testTimeout=120000', '--hookTimeout=120000'];

/** A project that tests with vitest, in a path with a space, whose environments leave their traces in it. */
export class VitestProject {
  readonly directory = mkdtempSync(join(baseDirectory(), 'a vitest project '));
  /** Where its environments keep their files. */
  readonly temporary = mkdtempSync(join(this.directory, 'tmp '));

  constructor() {
    chmodSync(this.directory, 0o755);
    chmodSync(this.temporary, 0o1777);
    symlinkSync(join(root, 'node_modules'), join(this.directory, 'node_modules'));
    writeFileSync(join(this.directory, 'package.json'), '{ "type": "module" }');
  }

  /** Writes a test file with the usual imports in front. */
  write(name: string, text: string): void {
    writeFileSync(join(this.directory, name), IMPORTS + text);
  }

  start(...args: string[]): RunningVitest {
    return new RunningVitest(this, args);
  }

  remove(): void {
    rmSync(this.directory, { recursive: true, force: true });
  }
}

export class RunningVitest {
  readonly process: ChildProcess;
  readonly ended: Promise<unknown>;
  output = '';

  constructor({ directory, temporary }: VitestProject, args: readonly string[]) {
    const inherited = Object.entries(process.env).filter(([name]) => !/^(VITEST|NODE_ENV|npm_)/.test(name));
    this.process = spawn(process.execPath, [join(root, 'node_modules/vitest/vitest.mjs'), ...args, ...PATIENT], {
      cwd: directory,
      env: { ...Object.fromEntries(inherited), TMPDIR: temporary, NO_COLOR: '1', CI: '' },
      stdio: ['pipe', 'pipe', 'pipe'],
    });
    this.ended = once(this.process, 'exit');
    const listen = (data: Buffer) => (this.output += data.toString());
    this.process.stdout!.on('data', listen);
    this.process.stderr!.on('data', listen);
  }

  /** Waits until it has printed something. */
  async printed(text: RegExp): Promise<void> {
    while (!text.test(this.output)) {
      if (this.process.exitCode !== null) throw new Error(`vitest ended without ${String(text)}:\n${this.output}`);
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }
}
