import { extraSearchPath } from '../../compile/server/settings.ts';
import { mayCall } from '../../compile/may-call.ts';
import { matches } from '../../compile/same-function.ts';
import { apiRoles } from '../../declaration/roles.ts';
import type { Catalog, CatalogFunction } from '../../postgres/catalog/catalog.ts';
import { quoteIdentifier } from '../../postgres/quote.ts';
import { functionObject } from '../finding-object.ts';
import { run } from '../fix.ts';
import type { DeclarationRule } from '../rule.ts';

/** Types of arguments that take the row of any table. */
const ANY_ROW = ['anyelement', 'anynonarray', 'anycompatible', 'anycompatiblenonarray', 'record'];

export const computedColumn: DeclarationRule = {
  id: 'computed_column',
  levels: ['warning'],
  subject: 'functions',
  why:
    "A function with its owner's rights takes one row, so requests read its result as a column of the table. " +
    'They need no `execute` for it, only that a policy, a default or a view runs the function for them.',
  fix: 'Move the function into an internal schema, or declare `execute` for the roles.',
  compare: ({ declaration, catalog }) => {
    const internal = quoteIdentifier(declaration.internalSchemas[0] ?? 'internal');
    const searched = [...declaration.schemas, ...extraSearchPath(declaration)];
    return catalog.functions
      .filter((fn) => fn.security_definer && searched.includes(fn.schema) && takesRow(fn, catalog))
      .flatMap((fn) => {
        const readers = apiRoles(declaration)
          .map(({ name }) => name)
          .filter((role) => fn.grants.some(({ grantee }) => grantee === role || grantee === 'public'))
          .filter((role) => !declaration.functions.some((one) => matches(one, fn) && mayCall(role, one, declaration)));
        if (readers.length === 0) return [];
        return [
          {
            object: functionObject(fn),
            problem: `is a computed column for ${readers.join(', ')}, although no \`execute\` is declared`,
            fix: run(`ALTER FUNCTION ${fn.signature} SET SCHEMA ${internal}`, ', or declare execute for the roles'),
          },
        ];
      });
  },
};

/** Tests if the name of a function can stand behind that of a table, like a column's. */
function takesRow({ arguments: types }: CatalogFunction, { relations }: Catalog): boolean {
  const [first = '', ...others] = types;
  if (others.length > 0) return false;
  return (
    ANY_ROW.includes(first) || relations.some(({ schema, name }) => `${schema}.${name}` === first.replaceAll('"', ''))
  );
}
