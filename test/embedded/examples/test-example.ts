import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { applyDeclaration, auditDatabase, diffDeclaration } from '../../../apply/index.ts';
import { sqlFile } from '../../../declaration/index.ts';
import type { Declaration } from '../../../declaration/types.ts';
import { startEphemeralPostgrest, type EphemeralPostgrest } from '../../../testing/index.ts';
import { generateKey } from '../../../tokens/keys/generate-key.ts';
import { publicKeySet } from '../../../tokens/keys/public-key-set.ts';
import { describeAccess, type ExampleAccess } from '../../support/access/describe-access.ts';
import { POSTGRES_ADVISORIES } from '../../support/embedded-advisories.ts';
import { trusting, type TokenApi } from '../../support/access/token-cases.ts';
import { useOwnTemporaryDirectory } from '../testing/own-temporary-directory.ts';

/** A started example. */
export interface Running {
  readonly api: TokenApi;
  /** Runs SQL past all policies. */
  readonly sql: (text: string) => Promise<unknown[]>;
}

/** Starts an example once, and checks all that is known of its access; then that nothing has changed. */
export function testExample(declaration: Declaration, access: ExampleAccess): () => Running {
  const temporaryDirectory = useOwnTemporaryDirectory();
  let environment: EphemeralPostgrest;
  let api: TokenApi;
  let before: unknown;

  beforeAll(async () => {
    const key = await generateKey();
    environment = await startEphemeralPostgrest(
      { ...declaration, keys: { jwks: publicKeySet([key]) } },
      { seed: [sqlFile(`examples/${declaration.name}/seed.sql`)] },
    );
    api = trusting(declaration, { url: environment.url, key, keySet: readKeySet(temporaryDirectory()) });
    before = await contents(environment, declaration);
  });
  afterAll(() => environment.stop());

  describeAccess(() => api, declaration, access);

  describe('after all this', () => {
    it('the data is as it was', async () => {
      expect(await contents(environment, declaration)).toEqual(before);
    });

    it('the database is as declared, and the audit has nothing to say', async () => {
      const connection = connectionOf(environment);
      const accepting = { ...declaration, acceptedAdvisories: POSTGRES_ADVISORIES };
      expect(await auditDatabase(connection, accepting)).toEqual([]);
      expect(await diffDeclaration(connection, accepting)).toEqual({ migrations: [], statements: [], missing: [] });
      expect(await applyDeclaration(connection, accepting)).toEqual({
        migrations: [],
        changes: 0,
        statements: [],
        removed: [],
        warnings: [],
      });
    });
  });
  return () => ({ api, sql: (text) => environment.sql(text) });
}

/** The key set that PostgREST was given: it is a secret file of the environment, because it might hold a secret. */
function readKeySet(directory: string): string {
  const file = readdirSync(directory, { recursive: true, encoding: 'utf8' }).find((name) => name.endsWith('jwks.json'));
  return readFileSync(join(directory, file!), 'utf8');
}

function connectionOf({ databaseUrl }: EphemeralPostgrest) {
  const { hostname, port, pathname, username, password } = new URL(databaseUrl);
  return { host: hostname, port: Number(port), database: pathname.slice(1), user: username, password };
}

/** Every row of every table, past all policies; the time of a change is none of the data. */
async function contents(environment: EphemeralPostgrest, { tables }: Declaration): Promise<unknown> {
  const rows = tables.map(async ({ schema, name }) => [
    name,
    await environment.sql(
      `SELECT to_jsonb(t) - 'updated_at' AS row FROM "${schema}"."${name}" AS t ORDER BY to_jsonb(t) - 'updated_at'`,
    ),
  ]);
  return Object.fromEntries(await Promise.all(rows)) as unknown;
}
