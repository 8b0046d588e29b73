import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { applyDeclaration, createRoles } from '../../../apply/index.ts';
import { lint, pgrls } from '../../../bench/audit/pgrls.ts';
import { runSplinter, splinter } from '../../../bench/audit/splinter.ts';
import type { Declaration } from '../../../declaration/index.ts';
import board from '../../../examples/board/declaration.ts';
import projects from '../../../examples/projects/declaration.ts';
import todos from '../../../examples/todos/declaration.ts';
import { withClient } from '../../../postgres/with-client.ts';
import { startPostgres, type LocalConnection } from '../../../testing/servers/postgres-server.ts';
import { needs } from '../../support/needs.ts';

const examples = { todos, projects, board };
const page = readFileSync(new URL('../../../docs/other-linters.md', import.meta.url), 'utf8');

/** Rules in the table below a heading. */
function explained(heading: string): string[] {
  const [, after = ''] = page.split(`\n## ${heading}\n`);
  return [...after.split('\n## ')[0]!.matchAll(/^\| `(\w+)`/gm)].map(([, rule]) => rule!).sort();
}

/** Rules that report a database of any of the examples. */
async function reported(rulesOf: (at: LocalConnection, declaration: Declaration) => Promise<readonly string[]>) {
  const rules = new Set<string>();
  for (const declaration of Object.values(examples)) {
    const server = await startPostgres();
    try {
      await server.createDatabase('example');
      const at = server.connection('example');
      await withClient(at, (client) => createRoles(client, declaration, { authenticator: 'of the test' }));
      await applyDeclaration(at, declaration);
      for (const rule of await rulesOf(at, declaration)) rules.add(rule);
    } finally {
      await server.stop();
    }
  }
  return [...rules].sort();
}

describe('the page on other linters explains what reports the examples, and nothing else:', () => {
  it('pgrls', async (context) => {
    needs(context, pgrls.obstacle());
    const directory = mkdtempSync(join(tmpdir(), 'pgrls-'));
    try {
      const rules = await reported(async (at, { schemas, internalSchemas, privateSchema }) => {
        const all = [...schemas, ...internalSchemas, privateSchema].join();
        const { violations } = await lint(at, { schemas: all, directory });
        return violations.map(({ rule_id }) => rule_id);
      });
      expect(rules).toEqual(explained('pgrls'));
    } finally {
      rmSync(directory, { recursive: true });
    }
  });

  it('splinter', async (context) => {
    needs(context, splinter.obstacle());
    const rules = await reported((at, { anonymous, users, schemas }) =>
      withClient(at, async (client) => {
        await client.query('BEGIN; CREATE ROLE service_role');
        // It knows the roles by the names that they have on Supabase.
        await client.query(anonymous ? `ALTER ROLE ${anonymous.name} RENAME TO anon` : 'CREATE ROLE anon');
        await client.query(`ALTER ROLE ${users[0]!.name} RENAME TO authenticated`);
        return (await runSplinter(client, schemas.join())).map(({ name }) => name);
      }),
    );
    expect(rules).toEqual(explained('splinter'));
  });
});
