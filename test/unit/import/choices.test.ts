import { describe, expect, it } from 'vitest';
import type { FoundOutline, FoundRole, FoundSchema } from '../../../import/database/found.ts';
import { rolesSql } from '../../../import/database/roles-sql.ts';
import { choose, type PresetChoices } from '../../../import/project/choices.ts';
import { milliseconds } from '../../../import/project/roles.ts';

const role = (name: string, more: Partial<FoundRole> = {}): FoundRole => ({
  name,
  superuser: false,
  bypass_rls: false,
  login: false,
  member_of: [],
  inherits: [],
  settings: [],
  ...more,
});
const schema = (name: string, more: Partial<FoundSchema> = {}): FoundSchema => ({
  name,
  filled: true,
  extension: false,
  used_by: [],
  owners: [],
  named_roles: [],
  ...more,
});
const outline = (more: Partial<FoundOutline>): FoundOutline => ({
  roles: [],
  schemas: [],
  extensions: [],
  databaseSettings: [],
  defaultPrivileges: [],
  ...more,
});
const plain: PresetChoices = {
  schemas: [],
  internalSchemas: [],
  platformSchemas: ['storage'],
  platformRoles: ['admin'],
};

describe('the schemas and roles of a declaration', () => {
  it('are those that PostgREST is set to', () => {
    const found = outline({
      roles: [
        role('postgres', { superuser: true }),
        role('web', {
          login: true,
          member_of: ['guest', 'member', 'admin'],
          settings: ['pgrst.db_schemas=api, v2', 'pgrst.db_anon_role=guest'],
        }),
        role('guest'),
        role('member'),
      ],
      schemas: [schema('api'), schema('data'), schema('storage'), schema('v2'), schema('empty', { filled: false })],
    });
    expect(choose(found, { name: 'shop' }, plain)).toMatchObject({
      exposed: ['api', 'v2'],
      internal: ['data'],
      authenticator: { name: 'web' },
      anonymous: 'guest',
      users: ['member'],
      notes: [],
    });
  });

  it('are guessed by grants and names otherwise, and the report says so', () => {
    const found = outline({
      roles: [role('postgres', { superuser: true }), role('canonical'), role('web_anon')],
      schemas: [schema('public', { used_by: ['canonical'], named_roles: ['canonical', 'web_anon'] }), schema('audit')],
    });
    expect(choose(found, { name: 'shop' }, plain)).toMatchObject({
      exposed: ['public'],
      internal: ['audit'],
      anonymous: 'web_anon',
      users: ['canonical'],
      notes: [{ reason: 'schemas_guessed' }, { reason: 'anonymous_guessed' }],
    });
  });

  it('have to exist', () => {
    const found = outline({ schemas: [schema('public')] });
    expect(() => choose(found, { name: 'shop', schemas: ['pubic'] }, plain)).toThrow(
      '--schemas: there is no schema "pubic"; name some of public [unknown_schema]',
    );
    expect(() => choose(found, { name: 'shop', anonymous: 'nobody' }, plain)).toThrow(
      '--anonymous: there is no role "nobody"; name one of (none) [unknown_role]',
    );
  });
});

describe('the roles of a database', () => {
  it('are made again with their memberships and settings, without secrets', () => {
    const { sql } = rolesSql([
      role('web', {
        login: true,
        member_of: ['guest'],
        settings: ['pgrst.db_schemas=api', 'pgrst.jwt_secret=hidden', 'statement_timeout=3s'],
      }),
      role('guest', { bypass_rls: true, member_of: ['readers'], inherits: ['readers', 'unreachable'] }),
    ]);
    expect(sql).toBe(`CREATE ROLE "web" LOGIN;
CREATE ROLE "guest" BYPASSRLS NOLOGIN;
GRANT "guest" TO "web" WITH INHERIT false, SET true;
GRANT "readers" TO "guest" WITH INHERIT true, SET true;
GRANT "unreachable" TO "guest" WITH INHERIT true, SET false;
ALTER ROLE "web" SET "pgrst"."db_schemas" = 'api';
`);
  });
});

it.each([
  ['3s', 3000],
  ['1min', 60_000],
  ['250', 250],
  ['1.5 s', 1500],
  ['soon', undefined],
])('reads the time %s', (text, expected) => {
  expect(milliseconds(text)).toBe(expected);
});
