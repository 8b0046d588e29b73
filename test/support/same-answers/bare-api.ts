import { randomBytes } from 'node:crypto';
import { SignJWT, type JWTPayload } from 'jose';
import type pg from 'pg';
import { setPassword } from '../../../apply/create-roles.ts';
import { apiRoles } from '../../../declaration/roles.ts';
import type { Declaration } from '../../../declaration/types.ts';
import { readSource, type FileSource } from '../../../import/files/import-source.ts';
import { readSchemaFile } from '../../../import/files/schema-file.ts';
import type { ImportedProject } from '../../../import/import-schema.ts';
import { startLaboratory, type Laboratory } from '../../../import/laboratory/laboratory.ts';
import { presetFor } from '../../../import/presets/presets.ts';
import { quoteIdentifier } from '../../../postgres/quote.ts';
import { databaseUrl } from '../../../testing/servers/database-url.ts';
import { startPostgrest } from '../../../testing/servers/postgrest-server.ts';

/** An API that requests are sent to. */
export interface Api {
  readonly url: string;
  query<Row extends pg.QueryResultRow>(text: string, values?: unknown[]): Promise<Row[]>;
}

/** An API without this package, which knows nobody until it signs a token. */
export interface BareApi extends Api, AsyncDisposable {
  sign(claims: JWTPayload): Promise<string>;
}

/** The schema as it was behind PostgREST without this package, with the rows of the imported project. Transactions are rolled back. */
export async function startBareApi(source: FileSource, { declaration, files }: ImportedProject): Promise<BareApi> {
  const laboratory = await startLaboratory();
  const schemaFiles = await Promise.all(readSource(source).map(readSchemaFile));
  await laboratory.prepare(presetFor(undefined, schemaFiles, !('migrations' in source)).prelude);
  await laboratory.run(schemaFiles);
  await laboratory.session((client) => client.query(files.get('access.rows.sql')!));
  const password = await addAuthenticator(laboratory, declaration);
  const secret = randomBytes(32).toString('hex');
  const postgrest = await startPostgrest({
    env: {
      PGRST_DB_URI: databaseUrl({ ...laboratory.connection, user: declaration.authenticator, password }),
      PGRST_DB_SCHEMAS: declaration.schemas.join(','),
      PGRST_DB_ANON_ROLE: declaration.anonymous?.name ?? '',
      PGRST_DB_TX_END: 'rollback',
      PGRST_JWT_SECRET: secret,
    },
  });
  return {
    url: postgrest.url,
    sign: (claims) =>
      new SignJWT(claims).setProtectedHeader({ alg: 'HS256', typ: 'JWT' }).sign(new TextEncoder().encode(secret)),
    query: <Row extends pg.QueryResultRow>(text: string, values: unknown[] = []) =>
      laboratory.session(async (client) => (await client.query<Row>(text, values)).rows),
    async [Symbol.asyncDispose]() {
      await postgrest.stop();
      await laboratory[Symbol.asyncDispose]();
    },
  };
}

/** The login role of PostgREST may be one that the schema does not make. */
async function addAuthenticator(laboratory: Laboratory, declaration: Declaration): Promise<string> {
  const password = randomBytes(16).toString('hex');
  const { authenticator } = declaration;
  await laboratory.session(async (client) => {
    for (const role of [authenticator, ...apiRoles(declaration).map(({ name }) => name)]) {
      const { rowCount } = await client.query('SELECT FROM pg_roles WHERE rolname = $1', [role]);
      if (rowCount === 0) await client.query(`CREATE ROLE ${quoteIdentifier(role)}`);
      if (role === authenticator) await client.query(`ALTER ROLE ${quoteIdentifier(role)} LOGIN NOINHERIT`);
      else await client.query(`GRANT ${quoteIdentifier(role)} TO ${quoteIdentifier(authenticator)}`);
    }
    await setPassword(client, authenticator, password);
  });
  return password;
}
