import { extraSearchPath } from '../../compile/server/settings.ts';
import { columnObject } from '../finding-object.ts';
import { fix, run } from '../fix.ts';
import { quoteIdentifier } from '../../postgres/quote.ts';
import type { DeclarationRule } from '../rule.ts';

export const extensionExposed: DeclarationRule = {
  id: 'extension_exposed',
  levels: ['warning'],
  subject: 'functions',
  why:
    'The functions of the extension are no RPCs. But the description of the API lists those that a role needs, ' +
    'and a later version of the extension may bring others.',
  fix:
    'Put the extension into another schema: `CREATE EXTENSION … SCHEMA extensions`. ' +
    'Give the roles USAGE on the schema, and add it to `db-extra-search-path` in `server.settings`.',
  compare: ({ declaration, catalog }) =>
    catalog.extensions
      .filter(({ schema }) => declaration.schemas.includes(schema))
      .map(({ name, schema, relocatable }) => ({
        object: { kind: 'extension', name, text: `extension ${name}` },
        problem: `is in the exposed schema ${schema}`,
        fix: relocatable
          ? run(`ALTER EXTENSION ${quoteIdentifier(name)} SET SCHEMA extensions`, ', as its owner')
          : fix(`make it elsewhere: CREATE EXTENSION ${quoteIdentifier(name)} SCHEMA extensions`),
      })),
};

export const operatorNotFound: DeclarationRule = {
  id: 'operator_not_found',
  levels: ['warning'],
  subject: 'tables',
  topic: 'failure',
  why:
    'Requests do not look for operators in the schema of this column type. ' +
    'A filter fails, or compares as another type, such as text in place of `citext`.',
  fix: 'Add the schema to `db-extra-search-path` in `server.settings`, and give the roles USAGE on it.',
  compare: ({ declaration, catalog }) => {
    const exposed = new Set(
      [...declaration.tables, ...declaration.views]
        .filter(({ schema, grants }) => grants.length > 0 && declaration.schemas.includes(schema))
        .map(({ schema, name }) => JSON.stringify([schema, name])),
    );
    const extra = extraSearchPath(declaration);
    return catalog.operatorTypes
      .filter(({ schema, table }) => exposed.has(JSON.stringify([schema, table])))
      .flatMap(({ schema, table, column, type, operator_schemas, closed_schemas }) => {
        const searched = operator_schemas.filter((one) => one === schema || extra.includes(one));
        if (searched.some((one) => !closed_schemas.includes(one))) return [];
        const [closed] = searched;
        return [
          {
            object: columnObject({ schema, name: table }, column),
            problem: `has the type ${type}, whose operators requests do not find`,
            fix: fix(
              closed === undefined
                ? `set 'db-extra-search-path': '${[...extra, ...operator_schemas.slice(0, 1)].join(', ')}' in server.settings`
                : `GRANT USAGE ON SCHEMA ${quoteIdentifier(closed)} to the roles, in a migration`,
            ),
          },
        ];
      });
  },
};
