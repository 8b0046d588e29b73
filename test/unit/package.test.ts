import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { checkPackage, createPackageFromTarballData } from '@arethetypeswrong/core';
import { publint } from 'publint';
import { formatMessage } from 'publint/utils';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { root } from '../support/deployment.ts';
import { pack, Project } from '../support/project.ts';

const project = new Project();
let tarball: Buffer<ArrayBuffer>;

beforeAll(async () => {
  tarball = readFileSync(await pack(project.directory));
}, 120_000);

afterAll(() => project.remove());

describe('the packed package', () => {
  it('holds the built package, its SQL and its licence, and nothing else', () => {
    const files = createPackageFromTarballData(tarball).listFiles();
    const names = files.map((file) => file.replace('/node_modules/cdktf-secured-postgrest/', ''));
    const sql = readdirSync(join(root, 'sql'), { recursive: true, encoding: 'utf8' }).filter((file) =>
      file.endsWith('.sql'),
    );
    expect(names.filter((file) => !file.startsWith('dist/')).sort()).toEqual(
      ['LICENSE', 'README.md', 'package.json'].filter((file) => existsSync(join(root, file))),
    );
    const programs = ['explorer', 'testing'].flatMap((room) =>
      readdirSync(join(root, room), { recursive: true, encoding: 'utf8' })
        .filter((file) => /\.(sh|html|css|js)$/.test(file))
        .map((file) => `${room}/${file}`),
    );
    expect(programs).toContain('testing/servers/reaper.sh');
    expect(names.filter((file) => !/\.(js|d\.ts)$/.test(file) && file.startsWith('dist/')).sort()).toEqual(
      [
        ...sql.map((file) => `dist/sql/${file}`),
        'dist/declaration.schema.json',
        ...programs.filter((file) => !file.endsWith('.js')).map((file) => `dist/${file}`),
      ].sort(),
    );
  });

  it('has what package.json says, and nothing that publint objects to', async () => {
    const { messages, pkg } = await publint({ pack: { tarball: tarball.buffer } });
    expect(messages.map((message) => formatMessage(message, pkg, { color: false }))).toEqual([]);
  });

  it('has types that every module resolution finds and that say what Node loads', async () => {
    const result = await checkPackage(createPackageFromTarballData(tarball));
    // Only TypeScript's setting `node16` believes that CommonJS cannot `require` a module: Node 20.19 can.
    const problems = 'problems' in result && result.problems.filter(({ kind }) => kind !== 'CJSResolvesToESM');
    expect(problems).toEqual([]);
  });
});
