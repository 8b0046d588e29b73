import { declare, membership, ownRows, type Declaration, type DeclarationInput, type Provider } from '../index.ts';

export const ROWS = 100_000;
/** Every user has this many of the rows. */
export const ROWS_OF_USER = 20;

const common = { to: 'bench_user', for: 'select', claim: 'user_id' } as const;

const items: DeclarationInput = {
  name: 'bench',
  schemas: ['api'],
  roles: { users: ['bench_user'] },
  migrations: [
    {
      file: '001_items.sql',
      sql: `
CREATE TABLE api.items (id int PRIMARY KEY, user_id int NOT NULL, project_id int NOT NULL, title text NOT NULL);
CREATE INDEX ON api.items (user_id);
CREATE TABLE api.unindexed (id int PRIMARY KEY, user_id int NOT NULL, title text NOT NULL);
CREATE TABLE api.members (project_id int, user_id int, PRIMARY KEY (user_id, project_id));
CREATE TABLE api.shared (id int PRIMARY KEY, project_id int NOT NULL, title text NOT NULL);
CREATE INDEX ON api.shared (project_id);`,
    },
  ],
  tables: [
    {
      name: 'items',
      grants: [{ to: 'bench_user', select: true }],
      policies: [ownRows({ ...common, column: 'user_id', type: 'int' })],
    },
    {
      name: 'unindexed',
      grants: [{ to: 'bench_user', select: true }],
      policies: [ownRows({ ...common, column: 'user_id', type: 'int' })],
    },
    {
      name: 'members',
      grants: [{ to: 'bench_user', select: true }],
      policies: [ownRows({ ...common, column: 'user_id', type: 'int' })],
    },
    {
      name: 'shared',
      grants: [{ to: 'bench_user', select: true }],
      policies: [
        membership({
          ...common,
          column: 'project_id',
          type: 'int',
          memberType: 'int',
          through: { table: 'members', key: 'project_id', member: 'user_id' },
        }),
      ],
    },
  ],
};
/** Tables of 100,000 rows, with the policies that a request, or a query, is measured with. */
export const itemsDeclaration: Declaration = declare(items);
/** The same, where tokens can be revoked. */
export const revokingDeclaration: Declaration = declare({ ...items, tokens: { revocation: { subject: 'user_id' } } });
/** The same, where tokens can be revoked and are a provider's, which names roles in its own way. */
export function behindProvider(jwks: NonNullable<Provider['jwks']>): Declaration {
  const roles = { claim: ['access', 'roles'], map: { bench_user: ['member', 'guest'] } };
  const keys = { provider: { issuer: PROVIDER, audience: 'bench', roles, jwks } };
  return declare({ ...items, keys, tokens: { revocation: { subject: 'user_id' } } });
}
export const PROVIDER = 'https://id.example.com';

/** A million tokens that are not the one which asks, and every user has been revoked before it was issued. */
export const fillRevoked = `
INSERT INTO bench_private.revoked_tokens SELECT gen_random_uuid(), now() + interval '1 day' FROM generate_series(1, 1000000);
INSERT INTO bench_private.tokens_valid_after SELECT n, now() - interval '1 day' FROM generate_series(0, 99999) AS n;
VACUUM ANALYZE`;

const users = ROWS / ROWS_OF_USER;

/** A user is a member of two projects of 20 rows each. */
export const fillItems = `
INSERT INTO api.items SELECT n, n % ${users}, n % 1000, 'title ' || n FROM generate_series(1, ${ROWS}) AS n;
INSERT INTO api.unindexed SELECT id, user_id, title FROM api.items;
INSERT INTO api.shared SELECT id, id % ${users}, title FROM api.items;
INSERT INTO api.members SELECT (u + k) % ${users}, u FROM generate_series(0, ${users - 1}) AS u, generate_series(0, 1) AS k;
VACUUM ANALYZE`;
