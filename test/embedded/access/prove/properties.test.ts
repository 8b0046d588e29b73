import { expect, it } from 'vitest';
import { checkConditions } from '../../../../access/prove/properties/check-conditions.ts';
import { deriveFromSurvey } from '../../../../access/prove/properties/derive-from-survey.ts';
import { deriveProperties } from '../../../../access/prove/properties/derive-properties.ts';
import { readProperties } from '../../../../access/prove/properties/read-properties.ts';
import type { Property } from '../../../../access/prove/property.ts';
import projects from '../../../../examples/projects/declaration.ts';
import { rejection } from '../../../support/errors.ts';
import { useMutatedExample } from '../../../support/prove/mutated-example.ts';

const mutated = useMutatedExample(projects);

const lines = (properties: readonly Property[]) =>
  properties.map(
    ({ name, relation, roles, commands, columns = [], only }) =>
      `${relation.name} ${name}: ${roles.join(' ')}; ${[...commands, ...columns].join(' ')}; ${only}`,
  );

it('derives properties of anonymous requests, tenants and writes for every table of a declaration', async () => {
  const { properties, administrators } = await mutated('', ({ audited }) =>
    Promise.resolve(deriveProperties(projects, audited)),
  );
  for (const { name } of projects.tables) {
    const own = properties.filter(({ relation }) => relation.name === name);
    expect(own.some((one) => one.name === 'anonymous-reads-only' && one.commands.includes('select'))).toBe(true);
    expect(own.some((one) => one.name === 'tenant-isolation')).toBe(name !== 'plans');
    const written = own.flatMap(({ commands }) => commands);
    expect(written).toEqual(expect.arrayContaining(['insert', 'update', 'delete']));
  }
  const found = lines(properties);
  expect(found).toEqual(
    expect.arrayContaining([
      `plans anonymous-reads-only: projects_anon; select; "published" = 'true'`,
      `tenants tenant-isolation: projects_member projects_manager; select insert update delete; "id" = claim('tenant_id')::uuid`,
      `comments own-rows: projects_member; delete; "author_id" = claim('user_id')::int`,
      `project_members role-raise: projects_member projects_auditor; update project_id user_id role; "user_id" IS DISTINCT FROM claim('user_id')::int`,
      `invoices nothing-undeclared: projects_manager projects_auditor; insert update delete; false`,
    ]),
  );
  // A declared function tells members how many they are.
  expect(found.some((line) => line.startsWith('project_members own-rows'))).toBe(false);
  expect(administrators).toContainEqual({
    role: 'projects_manager',
    relation: { schema: 'api', name: 'invoices' },
    commands: ['select'],
  });
});

it('limits a tenant also on a table that has the column, and no policy that compares it', async () => {
  const tables = projects.tables.map((table) =>
    table.name === 'invoices'
      ? { ...table, policies: table.policies.filter(({ input }) => input.kind !== 'tenant') }
      : table,
  );
  const { properties } = await mutated('', ({ audited }) =>
    Promise.resolve(deriveProperties({ ...projects, tables }, audited)),
  );
  expect(lines(properties)).toContain(
    `invoices tenant-isolation: projects_member projects_manager; select insert update delete; "tenant_id" = claim('tenant_id')::uuid`,
  );
});

it('derives properties of a database without a declaration, with the tenant that most tables compare', async () => {
  const properties = await mutated('', ({ audited }) => Promise.resolve(deriveFromSurvey(audited)));
  expect(lines(properties)).toEqual(
    expect.arrayContaining([
      'plans anonymous-reads-only: projects_anon; select; false',
      'users anonymous-writes-nothing: projects_anon; insert update delete; false',
      `comments own-rows: projects_member; delete; "author_id" = claim('user_id')::int4`,
      expect.stringMatching(/^invoices tenant-isolation: .*; "tenant_id" = claim\('tenant_id'\)::uuid$/),
    ]),
  );
  expect(lines(properties).some((line) => line.startsWith('plans tenant-isolation'))).toBe(false);
});

const own = {
  name: 'own',
  roles: 'projects_member',
  table: 'comments',
  commands: 'delete',
  only: `author_id = claim('user_id')::int`,
};

it('reads properties of a file, with defaults', async () => {
  const [first, second] = await mutated('', ({ audited }) =>
    readProperties([own, { ...own, table: 'api.users', commands: undefined, columns: ['name'] }], 'own.json', audited),
  );
  expect(first).toEqual({
    ...own,
    words: `projects_member: delete on comments only where author_id = claim('user_id')::int`,
    roles: ['projects_member'],
    table: undefined,
    relation: { schema: 'api', name: 'comments' },
    commands: ['delete'],
  });
  expect(second).toMatchObject({ commands: ['select', 'insert', 'update', 'delete'], columns: ['name'] });
});

it.each<[string, unknown, RegExp]>([
  ['no list', { own }, /^own\.json: it has an object, and not a list; write a list .* \[invalid_property\]$/],
  ['an unknown member', [{ ...own, rows: 1 }], /^own\.json: \[0\]: unknown member "rows".* \[invalid_property\]$/],
  [
    'an unknown command',
    [{ ...own, commands: 'truncate' }],
    /^own\.json: \[0\]\.commands: "truncate" .* \[invalid_property\]$/,
  ],
  [
    'an unknown role',
    [{ ...own, roles: 'projects_membre' }],
    /^own\.json: \[0\]\.roles: "projects_membre" .*projects_member.* \[unknown_role\]$/,
  ],
  [
    'an unknown table',
    [{ ...own, table: 'comment' }],
    /^own\.json: \[0\]\.table: "comment" does not exist.*comments.* \[missing_object\]$/,
  ],
  ['a view', [{ ...own, table: 'project_progress' }], /"project_progress" is no table.* \[missing_object\]$/],
  [
    'an unknown column',
    [own, { ...own, columns: ['bodi'] }],
    /^own\.json: \[1\]\.columns: api\.comments has no column "bodi".*body.* \[missing_object\]$/,
  ],
  [
    'text that is no SQL',
    [{ ...own, only: 'author_id ===' }],
    /^own\.json: \[0\]\.only: "author_id ===" is not SQL .* \[invalid_property\]$/,
  ],
])('rejects %s', async (_, value, message) => {
  const error = await mutated('', ({ audited }) => rejection(readProperties(value, 'own.json', audited)));
  expect(error.message).toMatch(message);
});

it('rejects a condition that Postgres does not take, with its message', async () => {
  const error = await mutated('', async ({ client, audited }) => {
    const properties = await readProperties([{ ...own, only: `author = claim('user_id')` }], 'own.json', audited);
    return rejection(checkConditions(client, properties, 'own.json'));
  });
  expect(error.message).toMatch(
    /^own\.json: own\.only: "author = .*": column "author" does not exist; .* \[invalid_property\]$/,
  );
});
