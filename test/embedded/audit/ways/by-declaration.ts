import { allRows, custom, sql, type DeclarationInput } from '../../../../declaration/index.ts';

/** One declaration that would open the database, and what says no. */
export interface DeclarationWay {
  readonly name: string;
  /** What differs from the declaration without it. */
  readonly input: Partial<DeclarationInput>;
  /** A migration that it comes with. */
  readonly sql?: string;
  /** By `declare` itself, which meets no database, or by the deploy. */
  readonly by: 'declare' | 'deploy';
  readonly refused: readonly [code: string, says: string];
}

const both = { anonymous: 'w_anon', users: ['w_user'] };
const hidden = { name: 'hidden', grants: [{ to: 'w_anon', select: true }] } as const;

export const byDeclaration: readonly DeclarationWay[] = [
  {
    name: 'a grant without a policy',
    input: { tables: [hidden] },
    by: 'declare',
    refused: ['grant_without_policy', 'hidden'],
  },
  {
    name: 'a superuser of the API',
    input: { roles: { ...both, users: [{ name: 'w_user', superuser: true } as never] } },
    by: 'declare',
    refused: ['privileged_role', 'superuser'],
  },
  {
    name: 'a role that passes the policies',
    input: { roles: { ...both, users: [{ name: 'w_user', bypassRls: true } as never] } },
    by: 'declare',
    refused: ['privileged_role', 'bypassRls'],
  },
  {
    name: "a policy for the schemas' owner as a user of the API",
    input: { roles: { ...both, users: ['w_user', 'w_owner'] } },
    by: 'declare',
    refused: ['duplicate_name', 'w_owner'],
  },
  {
    name: 'PUBLIC as a role of the API',
    input: { roles: { ...both, users: ['public'] } },
    by: 'declare',
    refused: ['invalid_name', 'public'],
  },
  {
    name: 'a role of Postgres as one of the API',
    input: { roles: { ...both, users: ['pg_read_all_data'] } },
    by: 'declare',
    refused: ['invalid_name', 'pg_read_all_data'],
  },
  {
    name: 'the login role as the anonymous one',
    input: { roles: { anonymous: 'w_authenticator', users: ['w_user'] } },
    by: 'declare',
    refused: ['anonymous_is_authenticator', 'w_authenticator'],
  },
  {
    name: 'a role with triggers off',
    input: { roles: { ...both, users: [{ name: 'w_user', settings: { session_replication_role: 'replica' } }] } },
    by: 'declare',
    refused: ['invalid_role_setting', 'session_replication_role'],
  },
  {
    name: 'the catalogs of Postgres',
    input: { schemas: ['api', 'pg_catalog'] },
    by: 'declare',
    refused: ['schema_not_exposable', 'pg_catalog'],
  },
  {
    name: 'the private schema',
    input: { privateSchema: 'api' },
    by: 'declare',
    refused: ['schema_not_exposable', 'api'],
  },
  {
    name: 'revoked tokens as a table',
    input: { tables: [{ ...hidden, name: 'w_private.revoked_tokens', policies: [allRows({ to: 'w_anon' })] }] },
    by: 'declare',
    refused: ['unknown_schema', 'w_private'],
  },
  {
    name: 'a condition that ends its policy',
    input: {
      tables: [
        {
          ...hidden,
          policies: [custom({ to: 'w_anon', for: 'select', using: { file: 'p.sql', sql: 'true) OR (true' } })],
        },
      ],
    },
    by: 'declare',
    refused: ['invalid_sql', 'p.sql'],
  },
  {
    name: 'a claim that PostgREST does not set, and that is null for everybody',
    input: {
      tables: [
        {
          ...hidden,
          policies: [
            custom({ to: 'w_anon', for: 'select', using: sql`current_setting('request.jwt.claim.sub', true) IS NULL` }),
          ],
        },
      ],
    },
    by: 'declare',
    refused: ['legacy_claim_setting', 'request.jwt.claim.sub'],
  },
  {
    name: 'the admin port for everybody',
    input: { server: { bindAddress: '0.0.0.0', adminPort: 3001 } },
    by: 'declare',
    refused: ['admin_port_published', 'server.adminPort'],
  },
  {
    name: 'a condition with a semicolon',
    input: {
      tables: [
        {
          ...hidden,
          policies: [
            custom({ to: 'w_anon', for: 'select', using: { file: 'p.sql', sql: 'true; DROP TABLE api.notes' } }),
          ],
        },
      ],
    },
    by: 'declare',
    refused: ['invalid_sql', 'p.sql'],
  },
  {
    name: 'a definer function whose names the caller resolves',
    input: { functions: [{ name: 'leak', execute: 'w_anon', securityDefiner: true }] },
    sql: `CREATE FUNCTION api.leak() RETURNS text LANGUAGE sql SECURITY DEFINER AS 'SELECT body FROM api.hidden'`,
    by: 'deploy',
    refused: ['audit_failed', 'search_path_not_set: api.leak()'],
  },
  {
    name: 'a definer function that is not declared as one',
    input: { functions: [{ name: 'leak', execute: 'w_anon' }] },
    sql: `CREATE FUNCTION api.leak() RETURNS text LANGUAGE sql SECURITY DEFINER SET search_path = '' AS 'SELECT body FROM api.hidden'`,
    by: 'deploy',
    refused: ['audit_failed', 'security_definer: api.leak()'],
  },
  {
    name: 'a materialized view',
    input: { views: [{ name: 'kept', grants: [{ to: 'w_anon', select: true }] }] },
    sql: 'CREATE MATERIALIZED VIEW api.kept AS SELECT * FROM api.hidden',
    by: 'deploy',
    refused: ['audit_failed', 'view_bypasses_policies: api.kept'],
  },
  {
    name: 'a table that is not there, whose name somebody could take',
    input: { tables: [{ ...hidden, name: 'later', policies: [allRows({ to: 'w_anon', for: 'select' })] }] },
    by: 'deploy',
    refused: ['missing_object', 'later'],
  },
];
