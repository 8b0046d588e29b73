import type pg from 'pg';
import { statementsOf } from '../../postgres/statements.ts';
import type { Rights } from './random-request.ts';

const statement = statementsOf('access/check');

interface Right {
  readonly role: string;
  readonly schema: string;
  readonly name: string;
  readonly command: string;
  readonly columns: readonly string[];
}

/** Reads which columns roles may name in tables and views. */
export async function readRights(
  client: pg.ClientBase,
  roles: readonly string[],
  schemas: readonly string[],
): Promise<Rights> {
  const { rows } = await client.query<Right>(statement('rights', { roles, schemas }));
  const known = new Map(
    rows.map(({ role, schema, name, command, columns }) => [`${role} ${command} ${schema}.${name}`, columns]),
  );
  return (role, { schema, name }, command) => known.get(`${role} ${command} ${schema}.${name}`) ?? [];
}
