import { expect, it } from 'vitest';
import { readSchemaFile } from '../../../import/files/schema-file.ts';
import { rolesFirst } from '../../../import/import-schema.ts';

const order = async (files: Readonly<Record<string, string>>) => {
  const read = await Promise.all(Object.entries(files).map(([file, sql]) => readSchemaFile({ file, sql })));
  return rolesFirst(read).map(({ file }) => file);
};
const SCHEMA = 'CREATE TABLE t (id int); CREATE POLICY p ON t TO app;';

it('a file of roles alone comes before the files that name them', async () => {
  const roles = "SET client_encoding = 'UTF8'; CREATE ROLE app; ALTER ROLE app NOLOGIN; GRANT app TO postgres;";
  expect(await order({ 'schema.sql': SCHEMA, 'roles.sql': roles })).toEqual(['roles.sql', 'schema.sql']);
});

it('a file that grants on tables as well stays after the file that makes the tables', async () => {
  const roles = 'CREATE ROLE app; GRANT SELECT ON ALL TABLES IN SCHEMA public TO app;';
  expect(await order({ 'schema.sql': SCHEMA, 'zz-roles.sql': roles })).toEqual(['schema.sql', 'zz-roles.sql']);
});
