import { lstatSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { pluginCache } from '../../scripts/deploy/plugin-cache.mjs';
import { runProgram } from '../support/run-program.ts';

const directory = mkdtempSync(join(tmpdir(), 'plugin cache '));
const cache = join(directory, 'cache');

afterAll(() => rmSync(directory, { recursive: true }));

it('takes no provider away from a deploy of another directory', async () => {
  await initialize('one');
  const before = cached();
  expect(before).toHaveLength(1);
  await initialize('another');
  expect(cached()).toEqual(before);
});

/** A directory without a lock file, as in a fresh checkout. */
async function initialize(name: string): Promise<void> {
  const cwd = join(directory, name);
  mkdirSync(cwd);
  const required_providers = { postgresql: { source: 'cyrilgdn/postgresql', version: '1.26.0' } };
  writeFileSync(join(cwd, 'main.tf.json'), JSON.stringify({ terraform: { required_providers } }));
  const env = { ...process.env, ...pluginCache({ TF_PLUGIN_CACHE_DIR: cache }), TF_CLI_CONFIG_FILE: undefined };
  const run = await runProgram(process.env['TERRAFORM_BINARY_NAME'] ?? 'terraform', ['init'], { cwd, env });
  expect(run, run.output).toMatchObject({ status: 0 });
}

/** Programs of providers, or links to their folders, with their inodes. */
function cached(): string[] {
  return readdirSync(cache, { recursive: true, withFileTypes: true })
    .filter((entry) => !entry.isDirectory())
    .map(({ parentPath, name }) => join(parentPath, name))
    .map((path) => `${path} ${lstatSync(path).ino} ${lstatSync(path).ctimeMs}`);
}
