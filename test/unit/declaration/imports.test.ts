import { execFileSync } from 'node:child_process';
import { expect, it } from 'vitest';
import { root } from '../../support/docs/markdown.ts';

/** Packages that are CommonJS, as CDKTF is, and that a module loads. */
function packagesOf(module: string): string[] {
  const program = `import(process.argv[1]).then(() => console.log(JSON.stringify(Object.keys(require.cache))))`;
  const output = execFileSync(process.execPath, ['--import', 'tsx', '--eval', program, root + module], {
    cwd: root,
    encoding: 'utf8',
  });
  const files = JSON.parse(output) as string[];
  return files.flatMap((file) => /\/node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(file)?.[1] ?? []);
}

it.each(['todos', 'projects', 'existing', 'board'])('the declaration of examples/%s does not load CDKTF', (name) => {
  expect(packagesOf(`examples/${name}/declaration.ts`).filter((one) => /cdkt[fn]|constructs/.test(one))).toEqual([]);
});

it('the main path of the package loads CDKTF', () => expect(packagesOf('index.ts')).toContain('cdktf'));
