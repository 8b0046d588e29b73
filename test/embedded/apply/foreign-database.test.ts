import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { App, TerraformStack } from 'cdktf';
import { expect, it, onTestFinished, vi } from 'vitest';
import { applyDeclaration } from '../../../apply/index.ts';
import { adoptDeployment } from '../../../constructs/secrets/adopt-deployment.ts';
import { DatabaseAccess, observe, PostgresDatabase, SecretsDirectory } from '../../../constructs/index.ts';
import { declare, type Declaration } from '../../../declaration/index.ts';
import { type TestDatabase, useCluster } from '../../support/database.ts';

const OTHER = '0123456789abcdef';
const cluster = useCluster();

/** A database that another deployment has brought to what is declared. */
async function deployed(): Promise<{ db: TestDatabase; declaration: Declaration; parent: string }> {
  const db = await cluster.database();
  const declaration = declare({
    name: db.name,
    schemas: ['api'],
    roles: { users: [`${db.name}_user`] },
    migrations: [{ file: '001.sql', sql: 'CREATE TABLE items (id int)' }],
  });
  await db.apply(declaration);
  await applyDeclaration(db.admin, declaration, { revision: OTHER });
  const parent = mkdtempSync(join(tmpdir(), 'foreign-'));
  onTestFinished(() => rmSync(parent, { recursive: true }));
  vi.stubEnv('DOCKER_HOST', `unix://${parent}/none`);
  onTestFinished(() => void vi.unstubAllEnvs());
  return { db, declaration, parent };
}

async function observed(
  { db, declaration, parent }: Awaited<ReturnType<typeof deployed>>,
  directory: string,
): Promise<string> {
  const adminPasswordFile = join(parent, 'admin');
  writeFileSync(adminPasswordFile, db.admin.password, { mode: 0o600 });
  const app = new App({ outdir: join(parent, 'cdktf.out') });
  const stack = new TerraformStack(app, 'stack');
  const { host, port, user: adminUser } = db.admin;
  const existing = { host, port, adminUser, database: db.name, internalHost: 'db', adminPasswordFile };
  new DatabaseAccess(stack, 'access', {
    declaration,
    database: PostgresDatabase.fromExisting(stack, 'database', existing),
    secrets: new SecretsDirectory({ name: declaration.name, directory }),
  });
  await observe(app);
  return JSON.stringify(stack.toTerraform());
}

it('new secrets for a database that another deployment signs in to are rejected, and removed', async () => {
  const found = await deployed();
  const directory = join(found.parent, 'secrets');
  await expect(observed(found, directory)).rejects.toThrow(
    new RegExp(`database "${found.db.name}".*belongs to deployment ${OTHER}.*\\[foreign_deployment\\]`),
  );
  expect(existsSync(directory)).toBe(false);
});

it('its roles are taken over with a directory that has adopted the deployment', async () => {
  const found = await deployed();
  const directory = join(found.parent, 'secrets');
  await adoptDeployment({ name: found.declaration.name, deployment: OTHER, directory, engine: false });
  const text = await observed(found, directory);
  expect(text).toContain(`"id":"${found.declaration.authenticator}"`);
  expect(text).toContain(`"revision":"${OTHER}`);
});

it('a backup of it, restored on a server without its roles, and a directory that has deployed are not rejected', async () => {
  const found = await deployed();
  const directory = join(found.parent, 'secrets');
  mkdirSync(directory, { mode: 0o700 });
  for (const file of ['fingerprint-key', 'authenticator-deployed']) {
    writeFileSync(join(directory, file), '1', { mode: 0o600 });
  }
  await observed(found, directory);

  const { db, declaration } = found;
  await db.sql(`DROP OWNED BY ${declaration.authenticator}; DROP ROLE ${declaration.authenticator}`);
  await observed(found, join(found.parent, 'new'));
});
