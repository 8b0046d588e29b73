import { writeFileSync } from 'node:fs';
import { prove, type Proof } from '../../access/prove/prove.ts';
import { byTable } from '../../access/prove/report/proof-summary.ts';
import { proofJson } from '../../access/prove/report/proof-json.ts';
import { startSolver } from '../../access/prove/solver.ts';
import type { AuditScope } from '../../audit/anywhere/find-scope.ts';
import { readAnywhere } from '../../audit/anywhere/read-anywhere.ts';
import { declaredScope } from '../../audit/declared-scope.ts';
import { withClient } from '../../postgres/with-client.ts';
import type { LocalConnection } from '../../testing/servers/postgres-server.ts';
import { pgrls } from '../audit/pgrls.ts';
import type { Figures, Outcome, Target } from '../report.ts';
import { summarize } from '../statistics.ts';
import { examples, PROJECTS } from './declared-databases.ts';
import { verifyWithPgrls } from './pgrls-verify.ts';
import type { ProvenDatabase } from './proven-database.ts';
import { realSchemas } from './real-schemas.ts';
import { numbersOf, sharesOf, SUBJECTS, type Shares } from './shares.ts';

/** On two cores, for the example with ten tables. */
const LONGEST_MS = 30_000;
const TABLES_OF_PROJECTS = 10;

/**
 * Share of tables that are proven, on the examples and on real schemas, beside the prover of pgrls on the same databases.
 * `PROVE_CASES=/path` writes each verdict.
 */
export async function benchProve(figures: Figures): Promise<Outcome> {
  const obstacle = pgrls.obstacle();
  if (obstacle !== undefined) console.log(`prove: without pgrls: ${obstacle}`);
  const directory = process.env['REAL_SCHEMAS'];
  if (directory === undefined) console.log('prove: without real schemas: REAL_SCHEMAS names no directory');
  const databases = [...examples, ...(directory === undefined ? [] : await realSchemas(directory))];
  const cases: object[] = [];
  for (const database of databases) {
    await database.run(async (connection) => {
      const { proof, scope } = await proveDatabase(connection, database);
      addOurs(figures, database.name, proof, scope);
      cases.push({ database: database.name, ...(JSON.parse(proofJson(proof)) as object) });
      if (obstacle === undefined) await addTheirs(figures, connection, database, scope);
    });
  }
  const path = process.env['PROVE_CASES'];
  if (path !== undefined) writeFileSync(path, `${JSON.stringify(cases, undefined, 1)}\n`);
  return { targets: targets(figures) };
}

function proveDatabase(connection: LocalConnection, { declaration }: ProvenDatabase) {
  return withClient(connection, async (client) => {
    const audited = await readAnywhere(client, declaration && declaredScope(declaration));
    await using solver = await startSolver();
    return { scope: audited.scope, proof: await prove({ audited, declaration, client, solver }) };
  });
}

const nameOf = (prover: string, database: string, subject: string) => `${database}: ${subject}, ${prover}`;

function addOurs(figures: Figures, name: string, proof: Proof, { anonymous }: AuditScope): void {
  addShares(figures, 'proven here', name, sharesOf(proof.judgements, anonymous));
  const verdicts = byTable(proof.judgements);
  for (const status of ['proven', 'leak', 'not modelled'] as const) {
    const count = verdicts.filter((one) => one.status === status).length;
    figures.add(nameOf(status, name, 'properties of tables'), summarize([count]), { unit: 'tables' });
  }
  figures.add(nameOf('here', name, 'time'), summarize([proof.milliseconds]));
}

async function addTheirs(
  figures: Figures,
  connection: LocalConnection,
  { name, declaration }: ProvenDatabase,
  { schemas }: AuditScope,
): Promise<void> {
  const start = performance.now();
  const authFunctions = declaration ? [`${declaration.privateSchema}.claim`] : [];
  const shares = await verifyWithPgrls(connection, { schemas, authFunctions });
  figures.add(nameOf('pgrls', name, 'time'), summarize([performance.now() - start]), {
    against: nameOf('here', name, 'time'),
  });
  addShares(figures, 'proven by pgrls', name, shares);
}

function addShares(figures: Figures, prover: string, name: string, shares: Shares): void {
  for (const subject of SUBJECTS) {
    const { proven, leak, 'not modelled': open } = numbersOf(shares[subject]);
    figures.add(nameOf(prover, name, subject), summarize([proven]), { unit: 'tables' });
    if (leak > 0) figures.add(nameOf(`leaks ${prover}`, name, subject), summarize([leak]), { unit: 'tables' });
    if (open > 0) figures.add(nameOf(`not decided, ${prover}`, name, subject), summarize([open]), { unit: 'tables' });
  }
}

/** All tables of the example are proven, in time. */
function targets(figures: Figures): Target[] {
  const time = nameOf('here', PROJECTS, 'time');
  return [
    ...SUBJECTS.map((subject) => ({
      name: `${PROJECTS}: ${subject} of every table are proven`,
      value: TABLES_OF_PROJECTS - figures.of(nameOf('proven here', PROJECTS, subject)).median,
      limit: 0,
      unit: 'tables missing',
    })),
    { name: time, value: figures.of(time).median, limit: LONGEST_MS, unit: 'ms' },
  ];
}
