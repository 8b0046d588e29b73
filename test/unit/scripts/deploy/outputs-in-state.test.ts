import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { outputsInState } from '../../../../scripts/deploy/outputs-in-state.mjs';

const directory = mkdtempSync(join(tmpdir(), 'outputs-'));
afterAll(() => rmSync(directory, { recursive: true }));

const at = (path: string) => ({ terraform: { backend: { local: { path } } } });

function state(name: string, content: object) {
  const path = join(directory, name);
  writeFileSync(path, JSON.stringify(content));
  return at(path);
}

const outputs = {
  url: { value: 'http://127.0.0.1:3000', type: 'string' },
  password: { value: 'x', type: 'string', sensitive: true },
};
const whole = { version: 4, outputs };

it('are those that Terraform prints', () => {
  expect(outputsInState(directory, state('whole.json', whole), {})).toEqual({
    url: { sensitive: false, type: 'string', value: 'http://127.0.0.1:3000' },
    password: { sensitive: true, type: 'string', value: 'x' },
  });
  expect(outputsInState(directory, state('none.json', { version: 4, outputs: {} }), {})).toEqual({});
});

it('are read when another deploy has written them', async () => {
  const half = at(join(directory, 'half.json'));
  writeFileSync(join(directory, 'half.json'), JSON.stringify(whole).slice(0, 20));
  state('written.json', whole);
  const writer = spawn('sh', ['-c', 'sleep 0.3; cat written.json > half.json'], { cwd: directory });
  const ended = once(writer, 'exit');
  expect(outputsInState(directory, half, {})).toHaveProperty('url.value', 'http://127.0.0.1:3000');
  await ended;
});

it.each([
  ['encrypted', () => outputsInState(directory, state('encrypted.json', { encrypted_data: 'x', meta: {} }), {})],
  ['of another version', () => outputsInState(directory, state('newer.json', { ...whole, version: 5 }), {})],
  ['missing', () => outputsInState(directory, at(join(directory, 'missing.json')), {})],
  ['of a workspace', () => outputsInState(directory, state('default.json', whole), { TF_WORKSPACE: 'other' })],
  [
    'of a selected workspace',
    () => {
      mkdirSync(join(directory, 'stack/.terraform'), { recursive: true });
      writeFileSync(join(directory, 'stack/.terraform/environment'), 'other');
      return outputsInState(join(directory, 'stack'), state('default.json', whole), {});
    },
  ],
])('are left to Terraform where the state is %s', (_, read) => {
  expect(read()).toBeUndefined();
});
