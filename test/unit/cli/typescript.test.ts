import ts from 'typescript';
import { expect, it } from 'vitest';
import { typeScript } from '../../../cli/types/typescript.ts';

const names = [
  "'; export const owned = 1; //",
  '*/ evil() /*',
  '${evil()}',
  '\\',
  'a\nb',
  'a\u2028b\u202e',
  '__proto__',
];

it('names and labels of a database stand in types as they are, and add no code', () => {
  const column = { number: 1, type: '1', not_null: true, has_default: false, is_generated: false };
  const relations = names.map((name, index) => ({
    schema: 'api',
    name,
    oid: String(100 + index),
    is_view: false,
    is_writable: true,
    columns: [{ ...column, name }],
    query: null,
  }));
  const label = { oid: '1', schema: 'api', name: 'state', kind: 'e', not_null: false };
  const type = { ...label, element: null, base: null, labels: names, relation: null, attributes: null };
  const text = typeScript(
    { relations, foreignKeys: [], functions: [], types: new Map([['1', type]]), grantees: [] },
    { schemas: ['api'], internalSchemas: [], roles: ['member'], postgrestVersion: '16.4' },
  );
  const file = ts.createSourceFile('types.ts', text, ts.ScriptTarget.Latest, true);
  expect(file.statements.map((statement) => (statement as ts.TypeAliasDeclaration).name.text)).toEqual([
    'Json',
    'Database',
    'Names',
  ]);
  const literals = new Set<string>();
  const visit = (node: ts.Node): void => {
    if (ts.isStringLiteral(node)) literals.add(node.text);
    ts.forEachChild(node, visit);
  };
  visit(file);
  expect([...literals]).toEqual(expect.arrayContaining(names));
});
