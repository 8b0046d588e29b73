import type { Declaration } from '../../declaration/types.ts';
import type { Catalog } from '../../postgres/catalog/catalog.ts';
import { plan, planFunctions } from '../../apply/plan.ts';
import { error, type Finding } from '../finding.ts';

/** Reports drift: each step that the database still needs to match the declaration. */
export function notAsDeclared(declaration: Declaration, catalog: Catalog): Finding[] {
  return [...planFunctions(declaration, catalog), ...plan(declaration, catalog).steps].map(({ sql, place }) =>
    error(
      'not_as_declared',
      place,
      `still needs: ${sql.split('\n').find((line) => !line.startsWith('--'))}`,
      'apply the declaration, as an admin who may do this',
    ),
  );
}
