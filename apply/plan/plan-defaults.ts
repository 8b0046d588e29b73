import type { DesiredDefault } from '../../compile/desired-access.ts';
import type { CatalogFunctionDefault } from '../../postgres/catalog/catalog.ts';
import type { ComparedCatalog } from '../../postgres/catalog/read-catalog.ts';
import { statementsOf } from '../../postgres/statements.ts';
import type { Declaration } from '../../declaration/types.ts';
import { hasFingerprint } from './fingerprint.ts';
import { hasColumns } from './missing.ts';
import type { Step } from './step.ts';

const statement = statementsOf('apply/statements');

interface DefaultPlan {
  readonly drop: Step[];
  readonly set: Step[];
}

/** Defaults that call one of our functions are ours; those of migrations stay, unless one is declared for the same column. */
export function planDefaults(
  { privateSchema }: Declaration,
  desired: readonly DesiredDefault[],
  catalog: ComparedCatalog,
): DefaultPlan {
  const ours = catalog.functionDefaults.filter(
    (found) => found.function_schema === privateSchema && hasFingerprint(found.function_comment),
  );
  return {
    drop: ours
      .filter((found) => !desired.some((wanted) => isOf(wanted, found)))
      // A default of a migration may call what it likes of ours but a default's function, which can go.
      .filter(({ function: name }) => name.startsWith('default_'))
      .map(({ schema, table, column }) => ({
        sql: statement('drop_default', { schema, name: table, column }),
        as: 'owner',
        place: `${schema}.${table}.${column}`,
      })),
    set: desired
      .filter(({ table, column }) => hasColumns(table, [column], catalog))
      .filter((wanted) => !ours.some((found) => isOf(wanted, found) && calls(wanted, found)))
      .map(({ table, column, statement: sql }) => ({
        sql,
        as: 'owner',
        place: `${table.schema}.${table.name}.${column}`,
      })),
  };
}

function isOf({ table, column }: DesiredDefault, found: CatalogFunctionDefault): boolean {
  return table.schema === found.schema && table.name === found.table && column === found.column;
}

/** Tests if a default is the call alone. Postgres adds a cast to the type of the column where it has to. */
function calls(wanted: DesiredDefault, found: CatalogFunctionDefault): boolean {
  const call = /^\(?(?:"(?:[^"]|"")+"|\w+)\.(\w+)\(\)\)?(?:::[\w "().,]+)?$/.exec(found.definition);
  return found.function === wanted.function && call?.[1] === wanted.function;
}
