import { beforeAll, describe, expect, it } from 'vitest';
import {
  allRows,
  declare,
  membership,
  migration,
  publicRows,
  sql,
  type DeclarationInput,
  type PolicyInput,
} from '../../../declaration/index.ts';
import { startEphemeralPostgrest } from '../../../testing/index.ts';
import { useCluster, type TestDatabase } from '../../support/database.ts';
import { rejection } from '../../support/errors.ts';

const cluster = useCluster();
let database: TestDatabase;
beforeAll(async () => {
  database = await cluster.database();
});

const notes = (policy: PolicyInput, more: Partial<DeclarationInput> = {}) =>
  declare({
    name: database.name,
    schemas: ['api'],
    roles: { users: [user()] },
    migrations: [
      migration(
        '001',
        sql`CREATE TYPE rank AS ENUM ('viewer', 'editor', 'lead');
          CREATE TABLE notes (id int PRIMARY KEY, author int, rank rank);
          CREATE TABLE members (note int, person int, rank rank);
          CREATE FUNCTION publish(note int, at date) RETURNS void LANGUAGE sql AS '';
          CREATE FUNCTION archive(note int) RETURNS void LANGUAGE sql AS '';
          CREATE FUNCTION archive(notes int[], "by whom" text, at timestamptz) RETURNS void LANGUAGE sql AS '';
          CREATE FUNCTION archive() RETURNS void LANGUAGE sql AS '';`,
      ),
    ],
    tables: [{ name: 'notes', grants: [{ to: user(), select: true }], policies: [policy] }],
    ...more,
  });
const user = () => `${database.name}_user`;
const all = () => allRows({ to: user() });
const members = (through: object) =>
  membership({
    ...{ to: user(), column: 'id', type: 'int', claim: 'person', memberType: 'int' },
    through: { table: 'members', key: 'note', member: 'person', ...through },
  });

describe('a deploy names what exists, and what was probably meant:', () => {
  it.each<[what: string, declaration: () => ReturnType<typeof notes>, message: string]>([
    [
      'a table',
      () => notes(all(), { tables: [{ name: 'nots' }] }),
      'there is no table api.nots (did you mean "notes"?)',
    ],
    [
      'the column of a grant',
      () =>
        notes(all(), { tables: [{ name: 'notes', grants: [{ to: user(), select: ['autor'] }], policies: [all()] }] }),
      'there is no column api.notes.autor (did you mean "author"?)',
    ],
    [
      'the column of a policy',
      () => notes(publicRows({ to: user(), where: { rnk: 'lead' } })),
      'there is no column api.notes.rnk (did you mean "rank"?)',
    ],
    [
      'the table of a membership',
      () => notes(members({ table: 'memberss' })),
      'there is no table api.memberss (did you mean "members"?)',
    ],
    [
      'a column of a membership',
      () => notes(members({ member: 'persn' })),
      'there is no column api.members.persn (did you mean "person"?)',
    ],
    [
      'a function',
      () => notes(all(), { functions: [{ name: 'publsh', execute: user() }] }),
      'there is no function api.publsh (did you mean "publish"?)',
    ],
    [
      'an overload',
      () => notes(all(), { functions: [{ name: 'publish', arguments: ['int'], execute: user() }] }),
      'there is no function api.publish(int) (there is publish(integer, date))',
    ],
    [
      'one of several overloads',
      () => notes(all(), { functions: [{ name: 'archive', arguments: ['bigint'], execute: user() }] }),
      'there is no function api.archive(bigint) (there is archive(), archive(integer), archive(integer[], text, timestamp with time zone))',
    ],
    [
      'an overload without arguments',
      () => notes(all(), { functions: [{ name: 'publish', arguments: [], execute: user() }] }),
      'there is no function api.publish() (there is publish(integer, date))',
    ],
    [
      'a value of an enum in a policy',
      () => notes(publicRows({ to: user(), where: { rank: 'lad' } })),
      'table notes, policies[0] (public-rows): "lad" is no value of the enum api.rank (did you mean "lead"?); use one of viewer, editor, lead',
    ],
    [
      'a value of an enum in a membership',
      () => notes(members({ where: { rank: ['lead', 'editr'] } })),
      'table notes, policies[0] (membership): "editr" is no value of the enum api.rank (did you mean "editor"?); use one of viewer, editor, lead',
    ],
  ])('%s', async (_, declaration, message) => {
    expect((await rejection(database.apply(declaration()))).message).toContain(message);
  });
});

it('a role with allRows reaches every row of each table, and the access matrix shows it', async () => {
  const declaration = declare({
    name: 'files',
    schemas: ['api'],
    roles: {
      users: ['files_user', { name: 'files_service', allRows: true }, { name: 'files_auditor', allRows: 'select' }],
    },
    migrations: [
      migration(
        '001',
        sql`CREATE TABLE a (id serial PRIMARY KEY); CREATE TABLE b (id int PRIMARY KEY); CREATE VIEW c AS SELECT * FROM b`,
      ),
    ],
    tables: [{ name: 'a' }, { name: 'b' }],
    views: [{ name: 'c' }],
  });
  await using api = await startEphemeralPostgrest(declaration, {
    seed: [sql`INSERT INTO api.a SELECT generate_series(1, 3); INSERT INTO api.b SELECT generate_series(1, 2)`],
  });
  const service = await api.as('files_service');
  expect(await (await service.fetch('/a?select=id')).json()).toHaveLength(3);
  expect(await (await service.fetch('/c?select=id')).json()).toHaveLength(2);
  expect((await service.fetch('/b', { method: 'POST', body: '{ "id": 9 }' })).status).toBe(201);
  const auditor = await api.as('files_auditor');
  expect(await (await auditor.fetch('/b?select=id')).json()).toHaveLength(3);
  expect((await auditor.fetch('/b', { method: 'POST', body: '{ "id": 10 }' })).status).toBe(403);
  expect((await (await api.as('files_user')).fetch('/a')).status).toBe(403);
  const { relations } = await api.access();
  const reached = (role: string, command: string) =>
    relations
      .map(({ cells }) => cells.find((cell) => cell.subject === role && cell.command === command)!.reach)
      .map((reach) => ('rows' in reach ? reach.rows.length : reach.refused));
  expect(reached('files_service', 'select')).toEqual([3, 3, 3]);
  expect(reached('files_service', 'delete')).toEqual([3, 3, '42501']);
  expect(reached('files_auditor', 'select')).toEqual([3, 3, 3]);
  expect(reached('files_auditor', 'delete')).toEqual(['42501', '42501', '42501']);
  expect(reached('files_user', 'select')).toEqual(['42501', '42501', '42501']);
});
