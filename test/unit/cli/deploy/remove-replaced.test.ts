import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { expect, it, onTestFinished, vi } from 'vitest';
import { removeReplaced } from '../../../../cli/deploy/container.ts';

/** What is removed of the containers of an engine, of which it lists the newest first. */
async function removed(servers: readonly string[], containers: readonly string[]): Promise<string> {
  const directory = mkdtempSync(join(tmpdir(), 'docker-'));
  writeFileSync(join(directory, 'removed'), '');
  const script = `#!/bin/sh
case "$2" in
inspect) echo "$3" | grep -q deployment && echo label=name=todos label=deployment=1 ;;
ls) [ "$4 $5" = '--filter=label=name=todos --filter=label=deployment=1' ] && printf '%s\\n' ${containers.join(' ')} ;;
rm) echo "$*" >'${directory}/removed' ;;
esac
`;
  writeFileSync(join(directory, 'docker'), script);
  chmodSync(join(directory, 'docker'), 0o755);
  vi.stubEnv('PATH', `${directory}${delimiter}${process.env['PATH']}`);
  onTestFinished(() => {
    vi.unstubAllEnvs();
    rmSync(directory, { recursive: true });
  });
  await removeReplaced([], servers);
  return readFileSync(join(directory, 'removed'), 'utf8').trim();
}

it('removes older writers, and all servers of a name but the one in use', async () => {
  const containers = [
    'todos-api-1-cccccccc',
    'todos-api-10-aaaaaaaa',
    'todos-api-1-bbbbbbbb',
    'todos-keys-writer-bbbbbbbb',
    'todos-api-1-aaaaaaaa',
    'todos-gateway',
    'todos-keys-writer-aaaaaaaa',
    'todos-postgres',
  ];
  expect(await removed(['todos-api-1-bbbbbbbb'], containers)).toBe(
    'container rm --force todos-api-1-cccccccc todos-api-1-aaaaaaaa todos-keys-writer-aaaaaaaa',
  );
});

it('removes nothing where each name is there once', async () => {
  expect(await removed(['todos-api-1-aaaaaaaa'], ['todos-api-1-aaaaaaaa', 'todos-gateway'])).toBe('');
});
