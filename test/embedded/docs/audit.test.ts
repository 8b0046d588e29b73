import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { useCluster } from '../../support/database.ts';
import { root } from '../../support/docs/markdown.ts';
import { run } from '../../support/run-cli.ts';

const cluster = useCluster();

it('docs/audit.md shows what the first audit prints', async () => {
  const page = readFileSync(`${root}docs/audit.md`, 'utf8');
  const block = (language: string) => new RegExp(`\`\`\`${language}\n([^]*?)\n\`\`\``).exec(page)![1]!;
  const database = await cluster.database();
  await database.sql(block('sql'));
  const { host, port, user, password } = database.superuser;
  const file = join(mkdtempSync(join(tmpdir(), 'audit-')), 'password');
  writeFileSync(file, password, { mode: 0o600 });
  onTestFinished(() => rmSync(dirname(file), { recursive: true }));
  const uri = `postgresql://${user}@${host}:${port}/${database.name}`;
  const { stdout } = await run('audit', uri, '--password-file', file, '--try-fixes');
  expect(stripRelease(stdout)).toBe(stripRelease(block('text')).replace('audit of shop', `audit of ${database.name}`));
});

/** Other releases of PostgreSQL have other advisories, and with them other counts and scores. */
function stripRelease(text: string): string {
  return text
    .replace(/PostgreSQL \d+\.\d+/, 'PostgreSQL')
    .replace(/known_advisory\n(?: .*\n)+\n/, '')
    .replace(/^Warnings \(\d+\)$/m, 'Warnings')
    .replace(/^exposure: .*$/m, '')
    .replace(/^failed: .*$/m, '')
    .trim();
}
