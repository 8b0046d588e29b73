import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { App } from 'cdktf';
import { accessMatrix } from '../../access/matrix.ts';
import { prove } from '../../access/prove/prove.ts';
import { startSolver } from '../../access/prove/solver.ts';
import { applyDeclaration } from '../../apply/index.ts';
import { readAnywhere } from '../../audit/anywhere/read-anywhere.ts';
import { declaredScope } from '../../audit/declared-scope.ts';
import { runAudit } from '../../cli/audit/run-audit.ts';
import { SecretsDirectory } from '../../constructs/index.ts';
import type { Declaration } from '../../index.ts';
import { withClient } from '../../postgres/with-client.ts';
import { addStacks } from '../../stacks/index.ts';
import type { LocalConnection, PostgresServer } from '../../testing/servers/postgres-server.ts';
import { emptyDatabase } from '../runner.ts';
import { declareTables } from '../tables.ts';
import { fillTables } from './fill-tables.ts';

/** A declaration of so many tables, and the database that it was applied to. */
export class Sized {
  readonly tables: number;
  readonly declaration: Declaration;
  readonly #postgres: PostgresServer;
  #applied: LocalConnection | undefined;
  #databases = 0;

  constructor(postgres: PostgresServer, tables: number) {
    this.tables = tables;
    this.declaration = declareTables('bench', tables);
    this.#postgres = postgres;
  }

  /** A new database with the roles alone. It is the applied one from now on. */
  async emptyDatabase(): Promise<LocalConnection> {
    const name = `bench_${this.tables}_${++this.#databases}`;
    this.#applied = await emptyDatabase(this.#postgres, this.declaration, name);
    return this.#applied;
  }

  get applied(): LocalConnection {
    if (!this.#applied) throw new Error(`nothing was applied to a database of ${this.tables} tables`);
    return this.#applied;
  }
}

export interface Step {
  readonly name: string;
  /** Measurements of each size at most. */
  readonly times: number;
  /** Not measured. @default nothing to prepare */
  readonly prepare?: (sized: Sized) => Promise<unknown>;
  run(sized: Sized): unknown;
}

/** The steps in the order in which they need each other. */
export const STEPS: readonly Step[] = [
  { name: 'declare', times: 15, run: ({ tables }) => declareTables('bench', tables) },
  { name: 'synth', times: 9, run: synth },
  {
    name: 'apply',
    times: 2,
    prepare: (sized) => sized.emptyDatabase(),
    run: ({ applied, declaration }) => applyDeclaration(applied, declaration),
  },
  {
    name: 'converge',
    times: 5,
    // Autovacuum, which is off here, updates the statistics some time after an apply.
    prepare: ({ applied }) => withClient(applied, (client) => client.query('ANALYZE')),
    run: ({ applied, declaration }) => applyDeclaration(applied, declaration),
  },
  {
    name: 'audit',
    times: 3,
    run: ({ applied, declaration }) => runAudit(applied, { declaration }),
  },
  { name: 'matrix', times: 1, prepare: fillTables, run: measureAccess },
  { name: 'proof', times: 1, run: proveAll },
];

/** The three stacks, in this process: without the start of Node.js, and without a look at an engine. */
function synth({ declaration }: Sized): void {
  const directory = mkdtempSync(join(tmpdir(), 'bench-'));
  try {
    const app = new App({ outdir: join(directory, 'cdktf.out') });
    const secrets = new SecretsDirectory({ name: declaration.name, directory: join(directory, 'secrets') });
    addStacks(app, declaration, { secrets });
    app.synth();
  } finally {
    rmSync(directory, { recursive: true });
  }
}

/** The reader and the writer of a tenant, with every command on every row. */
async function measureAccess({ applied, declaration }: Sized): Promise<void> {
  const claims = { user_id: 1, tenant_id: '00000000-0000-0000-0000-000000000001' };
  const subjects = Object.fromEntries(declaration.users.map(({ name: role }) => [role, { role, claims }]));
  const { relations } = await accessMatrix(applied, declaration, subjects);
  const isWrong = relations.some(({ rows, cells }) => rows === 0 || cells.every(({ reach }) => 'refused' in reach));
  if (isWrong) throw new Error('the matrix shows no row');
}

function proveAll({ applied, declaration }: Sized): Promise<void> {
  return withClient(applied, async (client) => {
    const audited = await readAnywhere(client, declaredScope(declaration));
    await using solver = await startSolver();
    const { judgements } = await prove({ audited, declaration, client, solver });
    const open = judgements.find(({ verdict }) => verdict.status !== 'proven');
    if (open) throw new Error(`${open.property.words}: ${open.verdict.status}`);
  });
}
