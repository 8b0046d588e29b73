import type pg from 'pg';
import { connect, type DatabaseConnection } from '../../postgres/connect.ts';
import { replay } from '../prove/replay/replay.ts';
import type { AccessChange, AccessDiff, DecidingRow } from './access-diff.ts';
import type { DiffSide } from './diff-side.ts';

/** A side that a declaration has made for the comparison, on which rows may be placed. */
export interface ReplaySide extends DiffSide {
  /** Superuser of the side's database. */
  readonly connection: DatabaseConnection;
}

interface OpenReplaySide extends ReplaySide {
  readonly client: pg.ClientBase;
}

/**
 * Sends the request of each row that decides a grade to both databases, and rolls it back. A row that is opened is confirmed
 * if only the second database answers it.
 */
export async function replayRows(diff: AccessDiff, before: ReplaySide, after: ReplaySide): Promise<AccessDiff> {
  if (!diff.changes.some(({ opened, closed }) => opened ?? closed)) return diff;
  return inClient(before, (old) =>
    inClient(after, async (now) => {
      const changes: AccessChange[] = [];
      for (const change of diff.changes) {
        const { opened, closed } = change;
        changes.push({
          ...change,
          opened: opened && (await replayRow(change, opened, { reaching: now, other: old })),
          closed: closed && (await replayRow(change, closed, { reaching: old, other: now })),
        });
      }
      return { ...diff, changes };
    }),
  );
}

async function replayRow(
  change: AccessChange,
  row: DecidingRow,
  { reaching, other }: Record<'reaching' | 'other', OpenReplaySide>,
): Promise<DecidingRow> {
  const reaches = (side: OpenReplaySide) => isReached(side, change, row);
  const isConfirmed = (await reaches(reaching)) && !(await reaches(other));
  return { ...row, replay: isConfirmed ? 'confirmed' : 'not confirmed' };
}

async function isReached(
  { client, anywhere }: OpenReplaySide,
  { role, object, command }: AccessChange,
  { counterexample }: DecidingRow,
): Promise<boolean> {
  if (command === 'call') return false;
  const property = {
    name: 'diff',
    words: `${role} reaches no row of ${object.schema}.${object.name}`,
    roles: [role],
    relation: object,
    commands: [command],
    only: 'false',
  };
  return (await replay({ client, audited: anywhere }, property, counterexample)).status === 'confirmed';
}

async function inClient<T>(side: ReplaySide, work: (side: OpenReplaySide) => Promise<T>): Promise<T> {
  const client = await connect(side.connection);
  try {
    return await work({ ...side, client });
  } finally {
    await client.end();
  }
}
