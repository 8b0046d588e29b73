import {
  allRows,
  declare,
  ownRows,
  type Declaration,
  type DeclarationInput,
  type Provider,
} from '../../declaration/index.ts';

/** The roles of {@link behindProvider}. */
export const roles = { admin: 'shop_admin', user: 'shop_user' } as const;

/** An API whose admin sees all orders, whose user sees their own, by the claim `sub`, and anonymous none. */
export function behindProvider(provider: Provider, more: Partial<DeclarationInput> = {}): Declaration {
  return declare({
    name: 'shop',
    schemas: ['api'],
    roles: {
      anonymous: 'shop_anon',
      users: [
        { name: roles.admin, statementTimeoutMs: 9000 },
        { name: roles.user, statementTimeoutMs: 4000 },
      ],
    },
    keys: { provider },
    migrations: [
      {
        file: '001_orders.sql',
        sql: `
CREATE TABLE api.orders (id int PRIMARY KEY, customer text NOT NULL);
CREATE INDEX ON api.orders (customer);
INSERT INTO orders VALUES (1, 'ann'), (2, 'bob'), (3, 'ann');
CREATE FUNCTION api.whoami() RETURNS json LANGUAGE sql STABLE AS $$
  SELECT json_build_object('role', current_user, 'timeout', current_setting('statement_timeout'),
    'claim', current_setting('request.jwt.claims', true)::json ->> 'role')
$$;`,
      },
    ],
    tables: [
      {
        name: 'orders',
        grants: [{ to: [roles.admin, roles.user], select: true }],
        policies: [
          allRows({ to: roles.admin }),
          ownRows({ to: roles.user, column: 'customer', claim: 'sub', type: 'text' }),
        ],
      },
    ],
    functions: [{ name: 'whoami', execute: ['shop_anon', roles.admin, roles.user] }],
    ...more,
  });
}
