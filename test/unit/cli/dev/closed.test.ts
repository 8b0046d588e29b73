import { expect, it } from 'vitest';
import { closedLines } from '../../../../cli/dev/findings/closed.ts';
import { removedMigrationLines } from '../../../../cli/dev/removed-migrations.ts';
import { allRows, declare } from '../../../../declaration/index.ts';
import type { Catalog } from '../../../../postgres/catalog/catalog.ts';

const declaration = declare({
  name: 'notes',
  schemas: ['api'],
  internalSchemas: ['internal'],
  roles: { users: ['member'] },
  tables: [
    { name: 'notes', grants: [{ to: 'member', select: true }], policies: [allRows({ to: 'member' })] },
    { name: 'empty' },
  ],
  functions: [{ name: 'publish', arguments: ['integer'], execute: 'member' }],
  migrations: [
    { file: '001.sql', sql: '' },
    { file: '002.sql', sql: '' },
  ],
});

const relation = (schema: string, name: string, kind = 'r', extension = false) => ({ schema, name, kind, extension });
const fn = (name: string, types: string[] = [], definition = ' RETURNS void', extension = false) => ({
  schema: 'api',
  name,
  arguments: types,
  signature: `api.${name}(${types.join()})`,
  definition,
  extension,
});

it('what is closed is listed: undeclared, or without a grant; not what serves others', () => {
  const catalog = {
    relations: [
      relation('api', 'notes'),
      relation('api', 'empty'),
      relation('api', 'drafts'),
      relation('api', 'summary', 'v'),
      relation('api', 'notes_id_seq', 'S'),
      relation('api', 'of_an_extension', 'r', true),
      relation('internal', 'plans'),
    ],
    functions: [
      fn('publish', ['integer']),
      fn('publish', ['text']),
      fn('stamp', [], 'CREATE OR REPLACE FUNCTION api.stamp()\n RETURNS trigger\n LANGUAGE plpgsql'),
      fn('of_an_extension', [], '', true),
    ],
  } as unknown as Pick<Catalog, 'relations' | 'functions'>;
  expect(closedLines(declaration, catalog)).toEqual([
    'closed: api.empty is declared without grants',
    'closed: api.drafts is not declared; add it to `tables` to open it',
    'closed: api.summary is not declared; add it to `views` to open it',
    'closed: api.publish(text) is not declared; add it to `functions` to let a role call it',
  ]);
});

it('migrations that have run and are gone are listed', () => {
  const after = { ...declaration, migrations: declaration.migrations.slice(0, 1) };
  expect(removedMigrationLines(declaration, after)).toEqual([
    'warning: 002.sql was removed, and what it made stays; start again to be without it',
  ]);
  expect(removedMigrationLines(after, declaration)).toEqual([]);
});

it('a name moves no cursor', () => {
  const catalog = { relations: [relation('api', 'x\u001b[2J')], functions: [] } as unknown as Catalog;
  expect(closedLines(declaration, catalog)[0]).toContain('closed: api.x\\u{1b}[2J is not declared');
});
