import { declare, type DeclarationInput } from '../../../declaration/index.ts';
import { randomFrom } from '../../../access/check/random.ts';
import { shrink } from '../../../access/check/shrink.ts';
import { applyDeclaration, createRoles } from '../../../apply/index.ts';
import { quoteIdentifier } from '../../../postgres/quote.ts';
import { withClient } from '../../../postgres/with-client.ts';
import type { PostgresServer } from '../../../testing/servers/postgres-server.ts';
import { randomDeclaration } from './random-declaration.ts';
import { runCase, runTrial, subjectOf, type Difference } from './trial.ts';

const ROW_SETS = 3;
const REQUESTS = 50;

export interface SchemaOutcome {
  readonly compared: number;
  readonly notModelled: readonly string[];
  /** The smallest case of a difference, for a message. */
  readonly difference: string | undefined;
}

/** Makes the schema of a seed, and compares its answers to random requests with the model's. */
export async function trySchema(postgres: PostgresServer, seed: number): Promise<SchemaOutcome> {
  const random = randomFrom(seed);
  const name = `r${seed}`;
  const input = randomDeclaration(random, name);
  const declaration = declare(input);
  await postgres.createDatabase(name);
  const connection = postgres.connection(name);
  await withClient(connection, (client) => createRoles(client, declaration, { authenticator: 'made here' }));
  await applyDeclaration(connection, declaration);
  const outcome = await withClient(connection, async (client) => {
    const subject = await subjectOf(client, input);
    let compared = 0;
    const notModelled: string[] = [];
    for (let set = 0; set < ROW_SETS; set++) {
      const trial = await runTrial(client, subject, random, REQUESTS);
      compared += trial.compared;
      notModelled.push(...trial.notModelled);
      const [first] = trial.differences;
      if (!first) continue;
      const smallest = await shrink(first, (smaller) => runCase(client, subject, smaller));
      const fewest = await withFewestPolicies(smallest, input, (fewer, sql) =>
        runCase(client, { ...subject, input: fewer }, smallest, sql),
      );
      return { compared, notModelled, difference: `seed ${seed}: ${describe(smallest, fewest)}` };
    }
    return { compared, notModelled, difference: undefined };
  });
  await withClient(postgres.connection('postgres'), (client) => client.query(`DROP DATABASE ${quoteIdentifier(name)}`));
  return outcome;
}

/** Leaves out the policies without which the case fails as well, in the declaration and in the database. */
async function withFewestPolicies(
  { request }: Difference,
  input: DeclarationInput,
  fails: (fewer: DeclarationInput, sql: string) => Promise<Difference | undefined>,
): Promise<DeclarationInput> {
  let smallest = input;
  let dropped = '';
  for (const { name, policies = [] } of input.tables ?? []) {
    for (const policy of policies) {
      const tables = smallest.tables!.map((table) =>
        table.name === name
          ? { ...table, policies: table.policies!.filter((each) => each.name !== policy.name) }
          : table,
      );
      const names = ['', '_select', '_insert', '_update', '_delete'].map((command) => `${policy.name!}${command}`);
      const sql = dropped + names.map((each) => `DROP POLICY IF EXISTS ${each} ON api.${name};`).join('');
      if (!(await fails({ ...smallest, tables }, sql))) continue;
      smallest = { ...smallest, tables };
      dropped = sql;
    }
  }
  return {
    ...smallest,
    tables: smallest.tables!.filter(({ name, policies = [] }) => name === request.target.name || policies.length > 0),
  };
}

function describe({ rows, request, difference }: Difference, { tables, roles, migrations }: DeclarationInput): string {
  return [
    difference,
    JSON.stringify(request),
    JSON.stringify(rows),
    JSON.stringify({ roles, tables }, null, 1),
    migrations![0]!.sql,
  ].join('\n');
}
