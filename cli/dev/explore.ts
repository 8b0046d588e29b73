import { readMap } from '../../access/picture/read-map.ts';
import { declaredScope } from '../../audit/declared-scope.ts';
import { SecuredPostgrestError } from '../../errors/secured-postgrest-error.ts';
import { startExplorer, type Explorer } from '../../explorer/explorer.ts';
import { statementsOf } from '../../postgres/statements.ts';
import type { EphemeralPostgrest } from '../../testing/index.ts';
import { connectionOf } from './database.ts';
import { identitiesOf, sampleToken } from './identities.ts';

const statement = statementsOf('cli/explorer');

/** Starts the explorer of an environment. Without npm's swagger-ui-dist it goes without, and says how to have one. */
export async function explore(
  environment: EphemeralPostgrest,
  { port, claims }: { readonly port: number | undefined; readonly claims: Readonly<Record<string, unknown>> },
): Promise<Explorer | undefined> {
  try {
    return await startExplorer({
      apiUrl: environment.url,
      declaration: () => environment.declaration,
      identities: () => identitiesOf(environment, claims),
      tokenFor: (role, claims) => sampleToken(environment, role, claims),
      access: () => environment.access(),
      map: () => readMap(connectionOf(environment.databaseUrl), declaredScope(environment.declaration)),
      functions: () => environment.sql(statement('functions', { schemas: environment.declaration.schemas })),
      port,
    });
  } catch (error) {
    if (!(error instanceof SecuredPostgrestError) || error.code !== 'missing_package') throw error;
    console.error(error.message);
    return undefined;
  }
}
