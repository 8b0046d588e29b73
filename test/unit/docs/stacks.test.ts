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

/** Puts the app of a page into the project; the name of its file. */
function writeApp(page: string): string {
  const app = codeBlocks(page).find(({ language, text }) => language === 'ts' && text.includes('new App()'))!;
  const file = `${page.replaceAll(/\W/g, '-')}.ts`;
  // The pages import CDK Terrain; here CDKTF is installed, whose names are the same.
  const text = app.text
    .replace("'cdktf-secured-postgrest'", `'${root}index.ts'`)
    .replace("'cdktf-secured-postgrest/declaration'", `'${root}declaration/index.ts'`)
    .replace("'cdktn'", "'cdktf'");
  writeFileSync(join(directory, file), text);
  return file;
}

it('the apps of docs/importing.md and docs/constructs.md are synthesized', { timeout: 120_000 }, async () => {
  const files = ['docs/importing.md', 'docs/constructs.md'].map(writeApp);
  writeFileSync(join(directory, 'main.ts'), files.map((file) => `import './${file}';\n`).join(''));
  await promisify(execFile)(process.execPath, ['--import', 'tsx', 'main.ts'], { cwd: directory });
  for (const stack of ['platform', 'database', 'access', 'api'])
    expect(existsSync(join(directory, 'cdktf.out/stacks', stack, 'cdk.tf.json')), stack).toBe(true);
});
