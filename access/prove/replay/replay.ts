import pg from 'pg';
import type { Anywhere } from '../../../audit/anywhere/anywhere.ts';
import type { Declaration } from '../../../declaration/types.ts';
import { configureSession } from '../../../postgres/session.ts';
import { statementsOf } from '../../../postgres/statements.ts';
import { withClaims } from '../properties/claim-sql.ts';
import type { Property } from '../property.ts';
import type { Counterexample, RowValues } from '../verdict.ts';
import { judgeRead } from './judge-read.ts';
import { judgeWrite } from './judge-write.ts';
import { NotReplayed } from './not-replayed.ts';
import { rowPlacer, type PlacedRow, type RowPlacer } from './place-rows.ts';
import { requestSettings, type RequestSettings } from './request-settings.ts';

const statement = statementsOf('access/replay');

/** Result of a counterexample on a real database. */
export type Replayed =
  | ({
      readonly status: 'confirmed';
      /** Statements that insert every row that the request needs. */
      readonly seed: readonly string[];
      /** The row that the request meets, with all of its values; undefined for `insert`. */
      readonly row: RowValues | undefined;
    } & Reached)
  | { readonly status: 'not confirmed'; readonly why: string };

/** A database, and what is known of it. */
export interface ReplayTarget {
  readonly client: pg.ClientBase;
  readonly audited: Anywhere;
  /** Declaration of the database. @default none: PostgREST's settings in the database count */
  readonly declaration?: Declaration | undefined;
}

/** A request in a transaction in which its rows exist. */
export interface Stage {
  readonly client: pg.ClientBase;
  readonly property: Property;
  readonly counterexample: Counterexample;
  /** The limit with the token's claims, as SQL. */
  readonly only: string;
  readonly placer: RowPlacer;
  /** The row that the request meets; undefined for `insert`. */
  readonly met: PlacedRow | undefined;
  readonly settings: RequestSettings;
}

/** Row that was reached, and how. */
export interface Reached {
  /** Row as JSON: as it was answered, or as it was written. */
  readonly evidence: string;
  /** Values by which the request filtered; empty without a filter. */
  readonly filter: RowValues;
  /** Values that the request wrote. */
  readonly body: RowValues;
}

/**
 * Runs a counterexample on a real database as PostgREST would, and rolls it back. Rows are placed by the admin without
 * triggers; Postgres itself judges if the request has reached a row that is outside of the property's limit.
 *
 * @param target its client is a superuser's, outside of a transaction
 */
export async function replay(
  { client, audited, declaration }: ReplayTarget,
  property: Property,
  counterexample: Counterexample,
): Promise<Replayed> {
  await client.query(statement('begin'));
  try {
    await configureSession(client);
    await checkAdmin(client);
    const placer = rowPlacer(client);
    await client.query(statement('without_triggers'));
    const rows: { readonly row: PlacedRow; readonly values: RowValues }[] = [];
    for (const { schema, name, values } of counterexample.rows) {
      rows.push({ row: await placer.place({ schema, name }, values), values });
    }
    const met = await metRow(property, counterexample, placer, rows);
    const row = met && (await placer.read(met));
    const { request } = counterexample;
    if (request.way === 'table' && request.written) await placer.placeParents(request, { ...row, ...request.written });
    await client.query(statement('with_triggers'));
    const stage: Stage = {
      client,
      property,
      counterexample,
      only: await withClaims(property.only, counterexample.claims),
      placer,
      met,
      settings: requestSettings(counterexample, audited, declaration),
    };
    const reached = await (request.command === 'select' ? judgeRead(stage) : judgeWrite(stage));
    return { status: 'confirmed', ...reached, seed: await placer.statements(), row };
  } catch (error) {
    if (error instanceof NotReplayed) return { status: 'not confirmed', why: error.message };
    if (error instanceof pg.DatabaseError) {
      return { status: 'not confirmed', why: `Postgres answers: ${error.message} (${error.code ?? 'no code'})` };
    }
    throw error;
  } finally {
    await client.query('ROLLBACK');
  }
}

async function checkAdmin(client: pg.ClientBase): Promise<void> {
  const { rows } = await client.query<{ passes: boolean }>(statement('passes_policies'));
  if (rows[0]?.passes !== true) throw new NotReplayed('the connected role is bound by policies: replay as a superuser');
}

/** The placed row that the request meets. It is placed now if the counterexample does not list it. */
async function metRow(
  { relation }: Property,
  { request }: Counterexample,
  placer: RowPlacer,
  rows: readonly { readonly row: PlacedRow; readonly values: RowValues }[],
): Promise<PlacedRow | undefined> {
  if (!request.row) return undefined;
  const wanted = Object.entries(request.row);
  const { schema, name } = request.of ?? relation;
  const found = rows.find(
    ({ row, values }) =>
      row.schema === schema &&
      row.name === name &&
      wanted.every(([column, value]) => !Object.hasOwn(values, column) || values[column] === value),
  );
  return found?.row ?? placer.place({ schema, name }, request.row);
}
