import { execFile } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { codeBlocks, root } from '../../support/docs/markdown.ts';

let directory: string;

beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'stacks '));
  symlinkSync(`${root}node_modules`, join(directory, 'node_modules'));
  writeFileSync(join(directory, 'package.json'), '{ "type": "module" }');
});
afterAll(() => rmSync(directory, { recursive: true }));

/** Puts the apps of a page that synthesize as they are into the project; the names of their files. */
function writeApps(page: string): string[] {
  return codeBlocks(page)
    .filter(({ language, text }) => language === 'ts' && text.includes('new App()') && !text.includes('migrationsFrom'))
    .map(({ text }, index) => {
      const file = `${page.replaceAll(/\W/g, '-')}-${index}.ts`;
      // The pages import CDK Terrain; here CDKTF is installed, whose names are the same.
      const own = text
        .replace("'cdktf-secured-postgrest'", `'${root}index.ts'`)
        .replaceAll(/'cdktf-secured-postgrest\/(declaration|stacks)'/g, `'${root}$1/index.ts'`)
        .replace("'cdktn'", "'cdktf'");
      writeFileSync(join(directory, file), own);
      return file;
    });
}

it('the apps of docs/importing.md and docs/constructs.md are synthesized', { timeout: 120_000 }, async () => {
  const files = ['docs/importing.md', 'docs/constructs.md'].flatMap(writeApps);
  writeFileSync(join(directory, 'main.ts'), files.map((file) => `import './${file}';\n`).join(''));
  await promisify(execFile)(process.execPath, ['--import', 'tsx', 'main.ts'], { cwd: directory });
  const three = ['small-database', 'small-access', 'small-api'];
  for (const stack of ['platform', 'database', 'access', 'api', ...three])
    expect(existsSync(join(directory, 'cdktf.out/stacks', stack, 'cdk.tf.json')), stack).toBe(true);
});
