import type pg from 'pg';
import { parseCatalog } from '../../../../access/prove/model/parsed-catalog.ts';
import type { Leak, Way } from '../../../../access/prove/model/way.ts';
import { waysTo } from '../../../../access/prove/model/ways.ts';
import type { Solver } from '../../../../access/prove/solver.ts';
import type { RowValues } from '../../../../access/prove/verdict.ts';
import { prepare } from '../../../../audit/anywhere/anywhere.ts';
import { findScope } from '../../../../audit/anywhere/find-scope.ts';
import { readSurvey } from '../../../../audit/anywhere/read-survey.ts';
import { COMMANDS, type RowCommand } from '../../../../audit/anywhere/survey.ts';
import { configureSession } from '../../../../postgres/session.ts';
import { CastFacts } from './cast-facts.ts';
import { Observer, type Observed } from './observe.ts';
import { PinnedWorld } from './pinned-world.ts';
import {
  databaseSql,
  ROLES_OF_REQUESTS,
  type RandomDatabase,
  type RandomSubject,
  type RandomTable,
} from './random-database.ts';
import type { Random } from './random.ts';
import { randomRow } from './values.ts';

/** A request for which the model and the database do not agree. */
export interface Difference {
  readonly table: RandomTable;
  readonly subject: RandomSubject;
  readonly request: string;
  readonly observed: Observed;
  readonly row: RowValues;
}

/** Numbers of cases, by what came of them. */
export interface Tally {
  cases: number;
  /** Postgres rejects the request for another reason than row security. */
  failed: number;
  /** Both answers are possible in the model. */
  open: number;
  /** Pieces that the model does not know, in questions that are open. */
  readonly pieces: Map<string, number>;
  readonly differences: Difference[];
}

export const emptyTally = (): Tally => ({ cases: 0, failed: 0, open: 0, pieces: new Map(), differences: [] });

interface Asked {
  readonly request: string;
  readonly term: string;
  readonly observed: Observed;
  readonly row: RowValues;
}

/** Asks the model and Postgres about each row of a random database; all is rolled back. */
export async function compareDatabase(
  client: pg.ClientBase,
  database: RandomDatabase,
  { solver, tally, random }: { readonly solver: Solver; readonly tally: Tally; readonly random: Random },
): Promise<void> {
  await client.query('BEGIN');
  try {
    await client.query(databaseSql(database));
    await client.query('SAVEPOINT surveyed');
    await configureSession(client);
    const survey = await readSurvey(client);
    await client.query('ROLLBACK TO SAVEPOINT surveyed');
    const scope = findScope(survey, {
      schemas: ['api'],
      anonymous: 'anon',
      roles: ROLES_OF_REQUESTS,
      authenticator: 'authenticator',
    });
    const catalog = await parseCatalog(await prepare(survey, scope), ['false']);
    const facts = new CastFacts(client);
    const rowsBy = new Map([
      ...database.tables.map(({ name, rows }) => [catalog.relation('api', name)!, rows] as const),
      ...(['m', 'o'] as const).map((name) => [catalog.relation('api', name)!, database.witnesses[name]] as const),
    ]);
    for (const table of database.tables) {
      for (const subject of database.subjects) {
        const requester = { role: subject.role, hasToken: subject.role !== 'anon', authenticator: 'authenticator' };
        const world = new PinnedWorld(requester, rowsBy, subject.claims);
        const ways = COMMANDS.flatMap((command) => {
          const property = {
            ...{
              name: 'nothing',
              words: 'nothing is reached',
              roles: [subject.role],
              commands: [command],
              only: 'false',
            },
            relation: { schema: 'api', name: table.name },
          };
          return waysTo(property, subject.role, command, catalog).modelled.map((way) => ({ way, command }));
        });
        const asked: Asked[] = [];
        const observer = new Observer(client, subject);
        for (const { way, command } of ways) {
          const found = await ask({ way, command, table, world, observer, random });
          asked.push(...found);
        }
        world.pinClaims();
        await facts.pin(world);
        await judge(asked, { world, solver, tally, table, subject });
      }
    }
  } finally {
    await client.query('ROLLBACK');
  }
}

interface Question {
  readonly way: Way;
  readonly command: RowCommand;
  readonly table: RandomTable;
  readonly world: PinnedWorld;
  readonly observer: Observer;
  readonly random: Random;
}

async function ask({ way, command, table, world, observer, random }: Question): Promise<Asked[]> {
  const { name, rows, columns } = table;
  const source = `${way.request.schema}.${way.request.name}${way.request.way === 'function' ? '()' : ''}`;
  const request = `${command} ${source}`;
  const ids = rows.map(({ id }) => id!);
  const termOf = (n: number, written: RowValues): string => {
    world.subject = n;
    world.written = written;
    const leak: Leak = way.build(world);
    return leak.term;
  };
  if (command === 'select' || command === 'delete') {
    const found = command === 'select' ? await observer.rowsOf(source, ids) : await observer.deletes(name, ids);
    return rows.map((row, n) => ({ request, term: termOf(n, {}), observed: found[n]!, row }));
  }
  const asked: Asked[] = [];
  if (command === 'insert') {
    for (const id of ['8', '9']) {
      const row = { ...randomRow(columns, random), id };
      asked.push({ request, term: termOf(0, row), observed: await observer.inserts(name, row), row });
    }
    return asked;
  }
  for (const [n, before] of rows.entries()) {
    const other = randomRow(columns, random);
    const changed = Object.fromEntries(
      Object.entries(other).filter(([column]) => column !== 'id' && random.chance(50)),
    );
    const written = Object.keys(changed).length > 0 ? changed : { c9: other['c9']! };
    const row = { ...before, ...written };
    const observed = await observer.updates(name, before['id']!, written);
    asked.push({ request: `${request} SET ${JSON.stringify(written)}`, term: termOf(n, row), observed, row: before });
  }
  return asked;
}

async function judge(
  asked: readonly Asked[],
  context: { world: PinnedWorld; solver: Solver; tally: Tally; table: RandomTable; subject: RandomSubject },
): Promise<void> {
  const { world, solver, tally, table, subject } = context;
  solver.load(world.script.text());
  for (const { request, term, observed, row } of asked) {
    tally.cases += 1;
    if (observed === 'failed') {
      tally.failed += 1;
      continue;
    }
    // An answer that cannot be given counts as both.
    const canReach = (await solver.canHold(term)) ?? true;
    const canMiss = (await solver.canHold(`(not ${term})`)) ?? true;
    if (canReach && canMiss) {
      tally.open += 1;
      for (const piece of world.unmodelled) tally.pieces.set(piece, (tally.pieces.get(piece) ?? 0) + 1);
    } else if (!(observed === 'reached' ? canReach : canMiss)) {
      tally.differences.push({ table, subject, request, observed, row });
    }
  }
}
