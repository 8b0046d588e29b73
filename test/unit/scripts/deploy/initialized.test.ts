import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeEach, expect, it } from 'vitest';
import { isInitialized, recordInitialized } from '../../../../scripts/deploy/initialized.mjs';

const base = mkdtempSync(join(tmpdir(), 'initialized-'));
const directory = join(base, 'stack');
const content = { terraform: { required_providers: { docker: { source: 'kreuzwerker/docker', version: '3.6.2' } } } };
const versions = join(directory, '.terraform/providers/registry.terraform.io/kreuzwerker/docker/3.6.2');
const cached = join(base, 'cache');
const isReady = () => isInitialized(directory, content, process.execPath);

afterAll(() => rmSync(base, { recursive: true }));
beforeEach(() => {
  rmSync(directory, { recursive: true, force: true });
  mkdirSync(versions, { recursive: true });
  mkdirSync(cached, { recursive: true });
  writeFileSync(join(cached, 'terraform-provider-docker'), '');
  symlinkSync(cached, join(versions, 'linux_amd64'));
  recordInitialized(directory, content, process.execPath);
});

it('a stack with its providers is initialized', () => {
  expect(isReady()).toBe(true);
});

it.each([
  ['all providers are', () => rmSync(join(directory, '.terraform/providers'), { recursive: true })],
  ['a provider is', () => rmSync(join(versions, '../..'), { recursive: true })],
  ['a version is', () => rmSync(versions, { recursive: true })],
  ['the program in the cache is', () => rmSync(join(cached, 'terraform-provider-docker'))],
  ['the cache is', () => rmSync(cached, { recursive: true })],
])('but not where %s gone', (_, remove) => {
  remove();
  expect(isReady()).toBe(false);
});
