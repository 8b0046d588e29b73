import {
  allRows,
  custom,
  declare,
  membership,
  ownRows,
  publicRows,
  tenant,
  type Declaration,
  type GrantInput,
  type SqlSource,
  type TableInput,
} from '../../../declaration/index.ts';

/** The name of the declaration, whose roles all copies of its database share. */
export const NAME = 'shop';
const [anon, user] = [`${NAME}_anon`, `${NAME}_user`];

/** Texts that begin with `#` are what somebody may or may not see; ids are unique among all tables. */
const setUp: SqlSource = {
  file: '001_shop.sql',
  sql: `
    CREATE TABLE items (id int PRIMARY KEY, tenant int, grp int, title text, secret text);
    CREATE INDEX ON items (tenant);
    INSERT INTO items SELECT n, n % 2 + 1, n / 2, '#item ' || n, '#secret ' || n FROM generate_series(10, 15) AS n;
    CREATE TABLE notes (id int PRIMARY KEY, tenant int, body text);
    INSERT INTO notes SELECT n, n % 2 + 1, '#note ' || n FROM generate_series(20, 23) AS n;
    CREATE TABLE members (id int PRIMARY KEY, tenant int, doc int);
    CREATE INDEX ON members (tenant);
    INSERT INTO members VALUES (30, 1, 40), (31, 2, 41);
    CREATE TABLE docs (id int PRIMARY KEY, body text);
    INSERT INTO docs SELECT n, '#doc ' || n FROM generate_series(40, 42) AS n;
    CREATE TABLE posts (id int PRIMARY KEY, published boolean, body text);
    INSERT INTO posts VALUES (50, true, '#post 50'), (51, false, '#post 51');
    CREATE TABLE drafts (id int PRIMARY KEY, published boolean, body text);
    INSERT INTO drafts VALUES (52, true, '#draft 52');
    CREATE TABLE logs (id int NOT NULL, tenant int NOT NULL, line text) PARTITION BY LIST (id);
    CREATE TABLE logs_1 PARTITION OF logs FOR VALUES IN (60, 61);
    CREATE TABLE logs_2 PARTITION OF logs FOR VALUES IN (62, 63);
    CREATE TABLE logs_old (id int NOT NULL, tenant int NOT NULL, line text);
    INSERT INTO logs SELECT n, n % 2 + 1, '#log ' || n FROM generate_series(60, 63) AS n;
    INSERT INTO logs_old SELECT n, n % 2 + 1, '#log ' || n FROM generate_series(64, 65) AS n;
    CREATE TABLE staff (id int PRIMARY KEY, sub text, rank text);
    CREATE INDEX ON staff (sub);
    INSERT INTO staff VALUES (70, 's1', 'clerk'), (71, 's2', 'clerk');
    CREATE VIEW item_list AS SELECT id, tenant, title FROM items;
    CREATE FUNCTION is_open(t int) RETURNS boolean LANGUAGE sql STABLE AS 'SELECT t = 3';
    CREATE FUNCTION may_see(t int) RETURNS boolean LANGUAGE plpgsql STABLE
      AS 'BEGIN RETURN is_open(t) OR EXISTS (SELECT FROM members WHERE members.tenant = t); END';
    CREATE SCHEMA hidden;
    CREATE TABLE hidden.vault (word text);
    INSERT INTO hidden.vault VALUES ('#vault');
    CREATE FUNCTION word() RETURNS text LANGUAGE sql STABLE SET search_path = '' AS 'SELECT word FROM hidden.vault';
    CREATE FUNCTION titles() RETURNS SETOF text LANGUAGE sql STABLE AS 'SELECT title FROM items';
  `,
};

/** How the new declaration differs from the one that is deployed. */
export const VARIANTS = ['the same', 'narrower', 'wider'] as const;
export type Variant = (typeof VARIANTS)[number];

const tenantIs = { to: user, column: 'tenant', claim: 'tenant', type: 'int' } as const;

function tables(variant: Variant): TableInput[] {
  const itemColumns = ['id', 'tenant', 'title', ...(variant === 'wider' ? ['secret'] : [])];
  const whole: GrantInput = { to: user, select: true };
  return [
    {
      name: 'items',
      grants: [{ to: user, select: itemColumns, insert: ['id', 'tenant', 'title'], update: ['title'], delete: true }],
      policies: [
        allRows({ to: user, name: 'items_all' }),
        tenant({ ...tenantIs, name: 'items_tenant', restrictive: true }),
      ],
    },
    {
      name: 'notes',
      grants: [variant === 'narrower' ? { to: user, select: ['id'] } : whole],
      policies: [custom({ to: user, name: 'notes_helper', using: { file: 'notes.sql', sql: 'api.may_see(tenant)' } })],
    },
    { name: 'members', grants: [whole], policies: [ownRows({ ...tenantIs, name: 'members_own' })] },
    {
      name: 'docs',
      grants: [whole],
      policies: [
        membership({
          to: user,
          name: 'docs_members',
          column: 'id',
          type: 'int',
          through: { table: 'members', key: 'doc', member: 'tenant' },
          claim: 'tenant',
          memberType: 'int',
        }),
      ],
    },
    {
      name: 'posts',
      grants: [
        { to: [anon, user], select: true },
        { to: user, insert: true },
      ],
      policies: [
        publicRows({ to: [anon, user], for: 'select', name: 'posts_public', where: { published: true } }),
        ...(variant === 'wider' ? [allRows({ to: anon, for: 'select', name: 'posts_all' })] : []),
        allRows({ to: user, for: 'insert', name: 'posts_new' }),
      ],
    },
    { name: 'logs', grants: [whole], policies: [ownRows({ ...tenantIs, name: 'logs_own' })] },
    {
      name: 'staff',
      grants: [{ to: user, select: true, delete: true }],
      policies: [ownRows({ to: user, name: 'staff_own', column: 'sub', claim: 'sub', type: 'text' })],
    },
  ];
}

export function shop(migrations: readonly SqlSource[] = [], variant: Variant = 'the same'): Declaration {
  return declare({
    name: NAME,
    schemas: ['api'],
    roles: { anonymous: anon, users: [user] },
    migrations: [setUp, ...migrations],
    tables: tables(variant),
    views: [{ name: 'item_list', grants: [{ to: user, select: true }] }],
    functions: [
      { name: 'is_open', execute: user },
      { name: 'may_see', execute: user },
      { name: 'word', execute: [anon, user] },
      ...(variant === 'narrower' ? [] : [{ name: 'titles', execute: user }]),
    ],
    tokens: { revocation: { revokeOnChange: [{ table: 'staff', column: 'sub' }] } },
  });
}

const token = (tenant: number, sub: string) => ({ role: user, tenant, sub, jti: sub, iat: 1000, exp: 4e9 });

/** Who looks: nobody, two tenants, and somebody whose token is revoked. */
export const IDENTITIES = [
  { name: 'anonymous', role: anon, claims: { role: anon } },
  { name: 'tenant 1', role: user, claims: token(1, 's1') },
  { name: 'tenant 2', role: user, claims: token(2, 's2') },
  { name: 'revoked', role: user, claims: token(1, 'gone') },
] as const;

export const revokeOne = `SELECT ${NAME}_private.revoke_subject('gone')`;
