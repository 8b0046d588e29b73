import type { Declaration } from '../../declaration/types.ts';
import type { Catalog } from '../../postgres/catalog/catalog.ts';
import { error, type Finding } from '../finding.ts';
import type { PendingStatement } from '../pending-statement.ts';

/** Reports drift: each statement that the database still needs to match the declaration. */
export function notAsDeclared(_: Declaration, __: Catalog, pending: readonly PendingStatement[]): Finding[] {
  return pending.map(({ sql, place }) =>
    error(
      'not_as_declared',
      place,
      `still needs: ${sql.split('\n').find((line) => !line.startsWith('--'))}`,
      'apply the declaration, as an admin who may do this',
    ),
  );
}
