import { desiredAccess } from '../../compile/access.ts';
import { matches } from '../../compile/same-function.ts';
import { membershipTable } from '../../declaration/membership-table.ts';
import { policyColumns } from '../../declaration/policy-columns.ts';
import type { ApiFunction, Declaration, QualifiedName } from '../../declaration/types.ts';
import { didYouMean } from '../../errors/did-you-mean.ts';
import type { ComparedCatalog } from '../../postgres/catalog/read-catalog.ts';
import { namedIn } from '../by-name.ts';

/** A relation that a declaration names, and those of its columns that it names. */
interface NamedRelation extends QualifiedName {
  readonly kind: 'table' | 'view';
  readonly columns: readonly string[];
}

type Existing = Pick<ComparedCatalog, 'relations' | 'functions'>;

/** Declared objects that the database does not have, each with what was probably meant. */
export function missingObjects(declaration: Declaration, { relations, functions }: Existing): string[] {
  const missing = [
    ...namedRelations(declaration).flatMap((named) => missingOf(named, relations)),
    ...declaration.functions
      .filter((declared) => !namedIn(functions, declared).some((fn) => matches(declared, fn)))
      .map((declared) => missingFunction(declared, functions)),
  ];
  return [...new Set(missing)];
}

/** Tests if the database has a relation with these columns. */
export function hasColumns(
  name: QualifiedName,
  columns: readonly string[],
  { relations }: Pick<Existing, 'relations'>,
): boolean {
  const [found] = namedIn(relations, name);
  return found !== undefined && columns.every((column) => found.columns.includes(column));
}

function namedRelations(declaration: Declaration): NamedRelation[] {
  const { tables, views } = declaration;
  const granted = ({ grants }: (typeof views)[number]) => grants.flatMap(({ columns = [] }) => columns);
  return [
    ...tables.map((table): NamedRelation => ({
      ...table,
      kind: 'table',
      columns: [
        ...granted(table),
        ...table.policies.flatMap(({ input }) => policyColumns(input)),
        ...Object.keys(table.defaults ?? {}),
      ],
    })),
    ...views.map((view): NamedRelation => ({ ...view, kind: 'view', columns: granted(view) })),
    ...tables
      .flatMap(({ policies }) => policies)
      .flatMap(({ input }): NamedRelation[] => {
        if (input.kind !== 'membership') return [];
        const { key, member, where = {} } = input.through;
        const columns = [key, member, ...Object.keys(where)];
        return [{ ...membershipTable(input, declaration), kind: 'table', columns }];
      }),
    ...desiredAccess(declaration).triggers.map(({ table, columns }): NamedRelation => ({
      ...table,
      kind: 'table',
      columns,
    })),
  ];
}

function missingOf({ schema, name, kind, columns }: NamedRelation, relations: Existing['relations']): string[] {
  const [found] = namedIn(relations, { schema, name });
  if (!found) {
    const others = relations.filter((relation) => relation.schema === schema).map((relation) => relation.name);
    return [`${kind} ${schema}.${name}${didYouMean(name, others)}`];
  }
  return columns
    .filter((column) => !found.columns.includes(column))
    .map((column) => `column ${schema}.${name}.${column}${didYouMean(column, found.columns)}`);
}

function missingFunction({ schema, name, arguments: types }: ApiFunction, functions: Existing['functions']): string {
  const inSchema = functions.filter((fn) => fn.schema === schema);
  const overloads = inSchema.filter((fn) => fn.name === name);
  const others = inSchema.map((fn) => fn.name);
  const called = `function ${schema}.${name}${types ? `(${types.join(', ')})` : ''}`;
  if (overloads.length === 0) return `${called}${didYouMean(name, others)}`;
  return `${called} (there is ${overloads.map((fn) => `${name}(${fn.arguments.join(', ')})`).join(', ')})`;
}
