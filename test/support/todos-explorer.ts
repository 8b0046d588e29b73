import { readMap } from '../../access/picture/read-map.ts';
import { declaredScope } from '../../audit/declared-scope.ts';
import { connectionOf } from '../../cli/dev/database.ts';
import { sqlFile } from '../../declaration/index.ts';
import { sampleToken } from '../../cli/dev/identities.ts';
import { startExplorer, type Explorer } from '../../explorer/explorer.ts';
import { startEphemeralPostgrest, type EphemeralPostgrest } from '../../testing/index.ts';
import declaration from '../../examples/todos/declaration.ts';

export interface TodosExplorer {
  readonly environment: EphemeralPostgrest;
  readonly explorer: Explorer;
  stop(): Promise<void>;
}

/** The example `todos` with its seed, and an explorer in which `todos_user` is the user 1. */
export async function startTodosExplorer(): Promise<TodosExplorer> {
  const environment = await startEphemeralPostgrest(declaration, { seed: [sqlFile('examples/todos/seed.sql')] });
  const claims = { user_id: 1 };
  const explorer = await startExplorer({
    apiUrl: environment.url,
    declaration: () => declaration,
    identities: async () => [
      { role: 'todos_anon', claims: {} },
      { role: 'todos_user', claims, token: await environment.tokenFor('todos_user', claims) },
    ],
    tokenFor: (role, edited) => sampleToken(environment, role, edited),
    access: () => environment.access(),
    map: () => readMap(connectionOf(environment.databaseUrl), declaredScope(declaration)),
    functions: () => Promise.resolve([]),
  });
  return {
    environment,
    explorer,
    stop: async () => {
      await explorer.stop();
      await environment.stop();
    },
  };
}
