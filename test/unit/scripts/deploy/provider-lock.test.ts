import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { lockOf } from '../../../../scripts/deploy/provider-lock.mjs';

const directory = mkdtempSync(join(tmpdir(), 'lock-'));
afterAll(() => rmSync(directory, { recursive: true }));

const entry = (name: string, version: string) =>
  `provider "${name}" {\n  version     = "${version}"\n  constraints = "${version}"\n  hashes = [\n    "h1:x=",\n  ]\n}\n`;
const DOCKER = entry('registry.terraform.io/kreuzwerker/docker', '3.6.2');
const POSTGRESQL = entry('registry.terraform.io/cyrilgdn/postgresql', '1.26.0');

const docker = { source: 'kreuzwerker/docker', version: '3.6.2' };
const postgresql = { source: 'cyrilgdn/postgresql', version: '1.26.0' };

describe('lockOf', () => {
  it.each([
    ['no file', '', { docker }, { outdated: false, complete: false }],
    ['the required providers', DOCKER + POSTGRESQL, { docker, postgresql }, { outdated: false, complete: true }],
    ['one provider too few', DOCKER, { docker, postgresql }, { outdated: false, complete: false }],
    ['a provider that is not required', DOCKER + POSTGRESQL, { docker }, { outdated: false, complete: true }],
    ['another version', DOCKER, { docker: { ...docker, version: '3.7.0' } }, { outdated: true, complete: false }],
    [
      'the same provider of two registries',
      DOCKER + entry('registry.opentofu.org/kreuzwerker/docker', '3.6.2'),
      { docker },
      { outdated: false, complete: true },
    ],
  ])('reads a lock file with %s', (_, text, providers, expected) => {
    writeFileSync(join(directory, '.terraform.lock.hcl'), `# This file is maintained automatically.\n\n${text}`);
    if (text === '') rmSync(join(directory, '.terraform.lock.hcl'));
    expect(lockOf(directory, { terraform: { required_providers: providers } })).toMatchObject(expected);
  });
});
