import type pg from 'pg';
import type { Session } from '../../apply/session.ts';
import { INSUFFICIENT_PRIVILEGE } from '../../postgres/sqlstate.ts';
import { statementsOf } from '../../postgres/statements.ts';
import type { Relation } from './relation.ts';
import { roleOf } from './request.ts';
import type { Subject } from '../subjects.ts';

const statement = statementsOf('access/probes');

/** Existing roles of the subjects. `served` is true if the server may become the role, or its functions run as it. */
export type Roles = ReadonlyMap<string, { readonly served: boolean }>;

/** Reads the roles of the subjects, and grants them to the connected role for the transaction. */
export async function readRoles(
  { client, declaration }: Session,
  subjects: readonly (Subject | undefined)[],
): Promise<Roles> {
  const names = subjects.map((subject) => roleOf(declaration, subject)).filter((name) => name !== undefined);
  const { authenticator, owner } = declaration;
  const { rows } = await client.query<{ name: string; served: boolean; ours: boolean }>(
    statement('roles', { roles: [...new Set(names)], authenticator }),
  );
  for (const { name: role, served, ours } of rows) {
    if (served && !ours) await client.query(statement('join_role', { role }));
  }
  return new Map(rows.map(({ name, served }) => [name, { served: served || name === owner }]));
}

/** Error before the first query of a request, if any (PostgREST, "Errors"; Postgres, SET ROLE). */
export function refusedBefore(role: string | undefined, roles: Roles): { refused: string } | undefined {
  if (role === undefined) return { refused: 'PGRST302' };
  const found = roles.get(role);
  if (!found) return { refused: '22023' };
  return found.served ? undefined : { refused: INSUFFICIENT_PRIVILEGE };
}

/** Reads the columns that each role was granted, by `command role`. */
export async function readColumns(
  client: pg.ClientBase,
  { oid }: Relation,
  roles: Roles,
): Promise<ReadonlyMap<string, readonly string[]>> {
  const { rows } = await client.query<{ role: string; command: string; columns: string[] }>(
    statement('columns', { relation: String(oid), roles: [...roles.keys()] }),
  );
  return new Map(rows.map(({ role, command, columns }) => [`${command} ${role}`, columns]));
}
