import { desiredAccess } from '../../compile/access.ts';
import type { DesiredTrigger } from '../../compile/desired-access.ts';
import { refuse } from '../../errors/secured-postgrest-error.ts';
import { subjectTypes } from '../../compile/subject-names.ts';
import type { Declaration, QualifiedName } from '../../declaration/types.ts';
import type { CatalogTrigger } from '../../postgres/catalog/catalog.ts';
import type { ComparedCatalog } from '../../postgres/catalog/read-catalog.ts';
import { fingerprint, hasFingerprint } from './fingerprint.ts';
import { hasColumns } from './missing.ts';
import { namedIn } from '../by-name.ts';
import type { Step } from './step.ts';
import { statementsOf } from '../../postgres/statements.ts';

const statement = statementsOf('apply/statements');

interface TriggerPlan {
  readonly drop: Step[];
  readonly create: Step[];
}

/**
 * Brings the package's own triggers to what is declared. Triggers without a fingerprint are a migration's: they stay,
 * unless they have the table and the name of a declared one.
 */
export function planTriggers(desired: readonly DesiredTrigger[], catalog: ComparedCatalog): TriggerPlan {
  const asDeclared = (found: CatalogTrigger) =>
    desired.some(
      (wanted) => isSame(wanted, found) && found.comment === fingerprint(wanted.statement, found.definition),
    );
  const differing = catalog.triggers.filter(
    (found) => (hasFingerprint(found.comment) || desired.some((wanted) => isSame(wanted, found))) && !asDeclared(found),
  );
  return {
    drop: differing.map((found) =>
      step(statement('drop_trigger', { trigger: found.name, ...tableOf(found) }), tableOf(found)),
    ),
    create: desired
      .filter(({ table, columns }) => hasColumns(table, columns, catalog))
      .filter((wanted) => !catalog.triggers.some((found) => isSame(wanted, found) && asDeclared(found)))
      .map((wanted) => step(wanted.statement, wanted.table)),
  };
}

/** Types whose text, as `to_jsonb` writes it, may be a token's subject. */
const SUBJECT_TYPES = ['text', 'varchar', 'name', 'citext', 'enum', 'uuid', 'int2', 'int4', 'int8', 'numeric'];

/**
 * Rejects columns whose text is no token's subject: that of `char(8)`, for example, ends with spaces.
 *
 * @throws SecuredPostgrestError `unfit_column`
 */
export function checkSubjectColumns(declaration: Declaration, { relations }: ComparedCatalog): void {
  const { revocation } = declaration.tokens;
  for (const { table, columns } of desiredAccess(declaration).triggers) {
    const [found] = namedIn(relations, table);
    for (const column of columns) {
      const type = found?.types[found.columns.indexOf(column)];
      const place = `${table.schema}.${table.name}.${column}`;
      if (type === 'citext' && revocation && !subjectTypes(declaration, revocation).includes(type)) {
        refuse(
          'unfit_column',
          place,
          'a column of the type citext names each spelling in capitals and small letters, a revocation only one',
          "add 'citext' to tokens.revocation.subjectTypes",
        );
      }
      if (type === undefined || SUBJECT_TYPES.includes(type)) continue;
      refuse(
        'unfit_column',
        place,
        `no token names its subject as the type ${type} is written`,
        `use a column of one of the types ${SUBJECT_TYPES.join(', ')}`,
      );
    }
  }
}

/** Records the fingerprints of new triggers. Read `catalog` after they were created. */
export function planTriggerFingerprints(declaration: Declaration, catalog: Pick<ComparedCatalog, 'triggers'>): Step[] {
  const desired = desiredAccess(declaration).triggers;
  return catalog.triggers.flatMap((found) => {
    const wanted = desired.find((candidate) => isSame(candidate, found));
    const comment = wanted && fingerprint(wanted.statement, found.definition);
    if (!comment || comment === found.comment) return [];
    const table = tableOf(found);
    return [step(statement('fingerprint_trigger', { trigger: found.name, ...table, fingerprint: comment }), table)];
  });
}

function isSame({ table, name }: DesiredTrigger, found: CatalogTrigger): boolean {
  return name === found.name && table.schema === found.schema && table.name === found.table;
}

function tableOf({ schema, table }: CatalogTrigger): { schema: string; name: string } {
  return { schema, name: table };
}

function step(sql: string, { schema, name }: QualifiedName): Step {
  return { sql, as: 'owner', place: `${schema}.${name}` };
}
