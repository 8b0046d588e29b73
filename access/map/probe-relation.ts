import type pg from 'pg';
import { failed } from '../../apply/run-steps.ts';
import type { Session } from '../../apply/session.ts';
import { messageResults } from '../../postgres/message-results.ts';
import { configureSession } from '../../postgres/session.ts';
import { raw, statementsOf } from '../../postgres/statements.ts';
import { SecuredPostgrestError } from '../../errors/secured-postgrest-error.ts';
import type { Command, QualifiedName } from '../../declaration/types.ts';
import { attemptSql, readSettable } from './attempt.ts';
import { summarize, type Outcome } from './outcome.ts';
import { keepSequences } from './keep-sequences.ts';
import type { Reach } from './reach.ts';
import { keepRows, readRelation, type KeptRows, type Relation } from './relation.ts';
import { requestValues, roleOf } from './request.ts';
import { readColumns, readRoles, refusedBefore } from './roles.ts';
import type { Subject } from '../subjects.ts';

const statement = statementsOf('access/probes');

/** Commands and subjects that are measured in one table or view. */
export interface RelationProbe {
  readonly relation: QualifiedName;
  readonly commands: readonly Command[];
  readonly subjects: readonly (Subject | undefined)[];
  /** Maximum number of rows to try. @default 1000 */
  readonly limit?: number | undefined;
}

/** Reach of several subjects in one relation: for each command, in the order of the subjects. */
export interface RelationReach extends KeptRows {
  readonly reaches: ReadonlyMap<Command, readonly Reach[]>;
}

const DEFAULT_LIMIT = 1000;

/** Measures one relation in one transaction, which is rolled back; see `probeAccess`. */
export async function probeRelation(session: Session, probe: RelationProbe): Promise<RelationReach> {
  const { client } = session;
  await client.query(statement('begin'));
  try {
    // The rollback undoes these settings as well.
    await configureSession(client);
    return await measure(session, probe);
  } catch (error) {
    if (error instanceof SecuredPostgrestError) throw error;
    const { schema, name } = probe.relation;
    return failed('access_sql_failed', `${schema}.${name}`, error as Error, 'measure as the admin who applies');
  } finally {
    await client.query('ROLLBACK').catch(() => undefined);
  }
}

async function measure(
  session: Session,
  { relation: name, commands, subjects, limit = DEFAULT_LIMIT }: RelationProbe,
): Promise<RelationReach> {
  const { client, declaration } = session;
  const relation = await readRelation(client, name);
  const roles = await readRoles(session, subjects);
  const kept = await keepRows(session, relation, limit);
  await client.query(statement('make_functions'));
  const granted = await readColumns(client, relation, roles);
  const settable = await readSettable(client, relation);
  if (commands.some((command) => command !== 'select')) await keepSequences(session, relation);

  const reaches = new Map<Command, Reach[]>();
  for (const command of commands) {
    const common = { relation, command, empty: kept.rows === 0 };
    await client.query(statement('begin_command'));
    await prepare(client, { ...common, roles: [...roles.keys()] });
    await client.query(statement('begin_subjects'));
    const reached: Reach[] = [];
    for (const subject of subjects) {
      const role = roleOf(declaration, subject);
      const columns = granted.get(`${command} ${role}`) ?? [];
      const attempt = () =>
        attemptSql({ ...common, columns, settable, limit }, requestValues(declaration, { relation, command, subject }));
      const found = refusedBefore(role, roles) ?? summarize(await outcomes(client, attempt()));
      reached.push({ ...found, columns, ...(kept.truncated && { truncated: true }) });
    }
    reaches.set(command, reached);
    await client.query(statement('end_command'));
  }
  return { ...kept, reaches };
}

async function outcomes(client: pg.ClientBase, message: string): Promise<Outcome[]> {
  const [first] = await messageResults<Outcome>(client, message);
  return first!.rows;
}

interface Preparation {
  readonly relation: Relation;
  readonly command: Command;
  readonly roles: readonly string[];
  readonly empty: boolean;
}

/** Makes a statement meet one row at a time. */
async function prepare(client: pg.ClientBase, { relation, command, roles, empty }: Preparation): Promise<void> {
  const { schema, name, isTable } = relation;
  if (command === 'insert') {
    if (empty) await client.query(statement('keep_defaults'));
  } else if (isTable && roles.length > 0) {
    // Without a check of its own, the policy's condition on the old row would apply to the new one as well.
    const check = raw(command === 'update' ? 'WITH CHECK (true)' : '');
    await client.query(statement('aim', { schema, name, roles, command: raw(command.toUpperCase()), check }));
  } else if (command !== 'select' && roles.length > 0) {
    await client.query(statement('show_rows', { schema, name, roles }));
  }
}
