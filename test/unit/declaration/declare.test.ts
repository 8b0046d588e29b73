import { generateKeyPairSync } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  allRows,
  claimList,
  custom,
  declare,
  membership,
  ownRows,
  publicRows,
  SecuredPostgrestError,
  tenant,
  validBetween,
  type DeclarationInput,
  type ErrorCode,
  type PolicyInput,
  type TokenRules,
} from '../../../declaration/index.ts';
import { newestVersion } from '../../../declaration/releases/releases.ts';
import { refusal } from '../../support/errors.ts';
import { FUZZ_RUNS } from '../../support/fuzz.ts';
import { hostileText } from '../../support/hostile-text.ts';

const own = ownRows({ to: 'member', column: 'user_id', claim: 'user_id', type: 'int' });
const table = { name: 'notes', grants: [{ to: 'member', select: true as const }], policies: [own] };
const base: DeclarationInput = {
  name: 'notes',
  schemas: ['api'],
  roles: { anonymous: 'visitor', users: ['member', { name: 'editor', inherits: ['member'] }] },
  tables: [table],
};

const withRoles = (roles: Partial<DeclarationInput['roles']>) => ({ ...base, roles: { ...base.roles, ...roles } });
const withTable = (more: object) => ({ ...base, tables: [{ ...table, ...more }] });
const withPolicies = (...policies: unknown[]) => withTable({ policies: [own, ...policies] });
const withServer = (server: object) => ({ ...base, server });
const revokingBy = (...revokeOnChange: unknown[]) => ({ ...base, tokens: { revocation: { revokeOnChange } } });
const staff = { table: 'staff', column: 'id' };
const source = (sql: string) => ({ file: 'own.sql', sql });
const privateKey = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey.export({ format: 'jwk' });
const long = 'n'.repeat(64);
const through = { table: 'members', key: 'note_id', member: 'user_id' };
const shared = { to: 'member', column: 'id', type: 'int', through, claim: 'sub', memberType: 'uuid' } as const;

const withProvider = (provider: unknown) => ({ ...base, keys: { provider } });

/** What is refused: its code, and what the message has to name: the place, the value, the fix. */
const refused: [why: string, input: unknown, code: ErrorCode, ...parts: string[]][] = [
  ['nothing', undefined, 'invalid_declaration', 'declaration: ', 'DeclarationInput'],
  ['a list', [], 'invalid_declaration'],
  ['an unknown member', { ...base, colour: 'red' }, 'invalid_declaration', 'unknown member "colour"'],
  [
    'a misspelt member',
    withTable({ grants: [{ to: 'member', selct: true }] }),
    'invalid_declaration',
    'table notes, grants[0]: unknown member "selct" (did you mean "select"?)',
  ],
  [
    'a member of another kind of policy',
    withPolicies({ ...shared, kind: 'membership', colum: 'id' }),
    'invalid_declaration',
    'table notes, policies[1] (membership): unknown member "colum" (did you mean "column"?)',
  ],
  [
    'a misspelt member that is needed',
    withPolicies({ kind: 'own-rows', to: 'member', colum: 'id' }),
    'invalid_declaration',
    'table notes, policies[1] (own-rows): unknown member "colum" (did you mean "column"?)',
  ],
  [
    'a missing member',
    withPolicies({ kind: 'own-rows', to: 'member' }),
    'invalid_declaration',
    'table notes, policies[1] (own-rows), column: missing, expected a text',
  ],
  [
    'a misspelt kind of policy',
    withPolicies({ kind: 'valid-betwen', to: 'member' }),
    'invalid_declaration',
    '(did you mean "valid-between"?)',
  ],
  [
    'a secret in the place of keys, without the secret',
    { ...base, keys: 'correct-horse-battery-staple' },
    'invalid_declaration',
    'keys: a text is none of { generate }',
  ],
  ['a number that JSON does not have', { ...base, keys: 10n }, 'invalid_declaration', 'keys: 10n is none of '],
  [
    'a missing member of a record',
    { ...base, server: { settings: { 'db-tx-end': undefined } } },
    'invalid_declaration',
    'server.settings.db-tx-end: missing, expected a text',
  ],
  [
    'a list of keys',
    { ...base, keys: [{ secretFile: 'a' }, { secretFile: 'b' }] },
    'invalid_declaration',
    "keys: a list is no source of keys; declare one, or { generate: 'HS256' } for several secrets",
  ],
  [
    'a misspelt type',
    withPolicies({ ...own, type: 'uid' }),
    'invalid_declaration',
    'table notes, policies[1] (own-rows), type: "uid" is none of "text", "uuid", ',
    '(did you mean "uuid"?)',
  ],
  [
    'a condition of a membership that is none',
    withPolicies(membership({ ...shared, through: { ...through, where: { role: {} as never } } })),
    'invalid_declaration',
    'table notes, policies[1] (membership), through.where.role: ',
  ],
  [
    'a misspelt role',
    withTable({ grants: [{ to: 'membre', select: true }] }),
    'unknown_role',
    'table notes, grants[0].to: "membre" is not a declared role (did you mean "member"?)',
  ],
  [
    'a misspelt schema',
    withTable({ name: 'ap.notes' }),
    'unknown_schema',
    '"ap" is not a declared schema (did you mean "api"?)',
  ],
  [
    'a misspelt algorithm',
    { ...base, keys: { generate: 'ES265' } },
    'invalid_declaration',
    'keys.generate: "ES265" is none of ',
    '(did you mean "ES256"?)',
  ],
  [
    'keys of no kind',
    { ...base, keys: { generated: 'ES256' } },
    'invalid_declaration',
    'keys: { generated } is none of { generate }, { jwks }, { publicKey, algorithm }, { secretFile }, { provider }',
  ],
  [
    'keys of a provider without roles',
    withProvider({ issuer: 'https://id.example.com' }),
    'invalid_declaration',
    'keys.provider.roles: missing, expected { claim, map }',
  ],
  [
    'a misspelt member of a provider',
    withProvider({ issuer: 'https://id.example.com', audiences: 'a', roles: { claim: 'groups', map: {} } }),
    'invalid_declaration',
    'keys.provider: unknown member "audiences" (did you mean "audience"?)',
  ],
  [
    'a misspelt member of a provider that is needed',
    withProvider({ isuer: 'https://id.example.com', roles: { claim: 'groups', map: {} } }),
    'invalid_declaration',
    'keys.provider: unknown member "isuer" (did you mean "issuer"?)',
  ],
  [
    'a role of a provider that is no name',
    withProvider({ issuer: 'https://id.example.com', roles: { claim: 'groups', map: { admins: 1 } } }),
    'invalid_declaration',
    'keys.provider.roles.map.admins: 1 is none of a text, a list',
  ],
  [
    'a provider whose roles have no claim',
    withProvider({ issuer: 'https://id.example.com', roles: {} }),
    'invalid_declaration',
    'keys.provider.roles.claim: missing, expected a text or a list',
  ],
  [
    'a provider beside generated keys',
    { ...base, keys: { provider: { issuer: 'https://id.example.com' }, generate: 'ES256' } },
    'invalid_declaration',
    'keys: { provider, generate } is none of { generate }, ',
  ],
  ['no schema', { ...base, schemas: [] }, 'invalid_declaration', 'schemas: '],
  [
    'a wrong type',
    withTable({ grants: [{ to: 'member', select: 'yes' }] }),
    'invalid_declaration',
    'table notes, grants[0].select: "yes" is none of true, a list',
  ],
  [
    'an unknown kind of policy',
    withPolicies({ kind: 'none', to: 'member' }),
    'invalid_declaration',
    'table notes, policies[1] (none), kind: "none" is none of "own-rows", ',
  ],
  [
    'no bound',
    withPolicies(validBetween({ to: 'member' })),
    'invalid_declaration',
    'table notes, policies[1] (valid-between): ',
    '"from"',
    'give it one',
  ],
  [
    'no condition',
    withPolicies(publicRows({ to: 'member', where: {} })),
    'invalid_declaration',
    'policies[1] (public-rows), where: ',
    'allRows',
  ],
  [
    'an address that is none',
    withServer({ bindAddress: 'localhost' }),
    'invalid_declaration',
    'server.bindAddress',
    '"localhost"',
    '127.0.0.1',
  ],

  ['a name with capitals', { ...base, name: 'Notes' }, 'invalid_name', 'name: ', '"Notes"'],
  ['a long name', { ...base, name: 'n'.repeat(41) }, 'invalid_name', 'longer than 40'],
  [
    'a name that would be cut',
    withTable({ name: long }),
    'invalid_name',
    `table ${long}, name: `,
    long,
    '64 bytes',
    'at most 63',
  ],
  ['a name of many bytes', withTable({ name: 'ü'.repeat(32) }), 'invalid_name', '64 bytes'],
  ['a name that ends in a dot', withTable({ name: 'api.' }), 'invalid_name', '"api."', '"schema.name"'],
  ['a quote without its end', withTable({ name: 'api."a' }), 'invalid_name', 'in double quotes'],
  ['an empty quoted name', withTable({ name: 'api.""' }), 'invalid_name', 'in double quotes'],
  ['a name with dots', withTable({ name: 'a.b.c' }), 'invalid_name', '"a.b.c"', '"schema.name"'],
  ['a name with NUL', withTable({ name: 'a\0' }), 'invalid_name', '"a\\u0000"', 'NUL'],
  ['an empty name', withTable({ name: '' }), 'invalid_name', 'table , name: '],
  [
    'a policy with a long name',
    withTable({ policies: [{ ...own, name: long }] }),
    'invalid_name',
    'policies[0] (own-rows), name: ',
    long,
  ],
  ['a reserved role', withRoles({ users: ['public'] }), 'invalid_name', 'roles.users[0]', '"public"'],
  ['a role of Postgres', withRoles({ users: ['pg_monitor'] }), 'invalid_name', '"pg_monitor"'],
  ['a role that needs quoting', withRoles({ users: ['a b'] }), 'invalid_name', '"a b"'],

  [
    'a role twice',
    withRoles({ users: ['member', 'member'] }),
    'duplicate_name',
    'roles.users[1]',
    '"member"',
    'roles.users[0]',
  ],
  [
    'two policies with one generated name',
    withPolicies({ ...own, column: 'sender' }),
    'duplicate_name',
    "another name (`name: '...'`)",
  ],
  ['a user that is anonymous', withRoles({ users: ['visitor'] }), 'duplicate_name', '"visitor"'],
  ['a user that is the owner', withRoles({ users: ['notes_owner'] }), 'duplicate_name', '"notes_owner"', 'roles.owner'],
  ['a table twice', { ...base, tables: [table, { name: 'api.notes' }] }, 'duplicate_name', 'tables[1]', '"api.notes"'],
  ['a table that is a view', { ...base, views: [{ name: 'notes' }] }, 'duplicate_name', 'views[0]'],
  [
    'a policy twice',
    withPolicies(own),
    'duplicate_name',
    'table notes, policies[1] (own-rows), name: ',
    '"own_rows_select_member"',
  ],
  ['a schema twice', { ...base, schemas: ['api', 'api'] }, 'duplicate_name', 'schemas[1]', '"api"'],
  ['an internal schema that is exposed', { ...base, internalSchemas: ['api'] }, 'duplicate_name', 'internalSchemas[0]'],
  [
    'a migration twice',
    { ...base, migrations: [source(''), source('')] },
    'duplicate_name',
    'migrations[1]',
    '"own.sql"',
  ],
  [
    'a function twice',
    {
      ...base,
      functions: [
        { name: 'f', execute: 'member' },
        { name: 'f', execute: 'member' },
      ],
    },
    'duplicate_name',
    'functions[1]',
  ],
  ['a grant twice', withTable({ grants: [...table.grants, ...table.grants] }), 'duplicate_name', 'select to member'],

  [
    'a grant to nobody',
    withTable({ grants: [{ to: 'nobody', select: true }] }),
    'unknown_role',
    'grants[0].to',
    '"nobody"',
    'visitor, member, editor',
  ],
  [
    'a policy for nobody',
    withPolicies(allRows({ to: 'nobody' })),
    'unknown_role',
    'policies[1] (all-rows), to: ',
    '"nobody"',
  ],
  ['a policy for the authenticator', withPolicies(allRows({ to: 'notes_authenticator' })), 'unknown_role'],
  [
    'a grant to the owner',
    withTable({ grants: [{ to: 'notes_owner', select: true }] }),
    'unknown_role',
    'grants[0].to',
  ],
  [
    'an inherited nobody',
    withRoles({ users: [{ name: 'member', inherits: ['nobody'] }] }),
    'unknown_role',
    'users[0].inherits',
  ],
  [
    'a function for nobody',
    { ...base, functions: [{ name: 'f', execute: 'nobody' }] },
    'unknown_role',
    'function f, execute: ',
  ],
  [
    'a table of an unknown schema',
    withTable({ name: 'other.notes' }),
    'unknown_schema',
    'table other.notes, name: ',
    '"other"',
    'internalSchemas',
  ],
  ['a table of the private schema', withTable({ name: 'notes_private.notes' }), 'unknown_schema'],
  [
    'a membership of an unknown schema',
    withPolicies(membership({ ...shared, through: { ...through, table: 'other.members' } })),
    'unknown_schema',
    'policies[1] (membership), through.table: ',
    '"other"',
  ],
  [
    'a function of an unknown schema',
    { ...base, functions: [{ name: 'pg_catalog.f', execute: 'member' }] },
    'unknown_schema',
    'function pg_catalog.f, name: ',
  ],

  [
    'an anonymous authenticator',
    withRoles({ anonymous: 'notes_authenticator' }),
    'anonymous_is_authenticator',
    'roles.anonymous',
    '"notes_authenticator"',
  ],
  ...(['login', 'superuser', 'bypassRls', 'createRole', 'replication'] as const).map(
    (privilege): (typeof refused)[number] => [
      `a user with ${privilege}`,
      withRoles({ users: [{ name: 'member', [privilege]: true }] }),
      'privileged_role',
      `roles.users[0].${privilege}`,
      'remove it',
    ],
  ),
  [
    'a privileged anonymous',
    withRoles({ anonymous: { name: 'visitor', superuser: true } as never }),
    'privileged_role',
    'roles.anonymous.superuser',
  ],
  [
    'a circle',
    withRoles({
      users: [
        { name: 'a', inherits: ['b'] },
        { name: 'b', inherits: ['a'] },
      ],
    }),
    'role_cycle',
    'roles.users[0].inherits',
    '"a"',
  ],
  ...[
    'row_security',
    'statement_timeout',
    'role',
    'search_path',
    'pgrst.jwt_secret',
    'Work_mem',
    'a b',
    'request.jwt.claims',
  ].map((setting): (typeof refused)[number] => [
    `the role setting ${setting}`,
    withRoles({ users: ['member', { name: 'editor', settings: { [setting]: 'x' } }] }),
    'invalid_role_setting',
    'roles.users[1].settings',
    setting,
  ]),
  [
    'a role setting of two lines',
    withRoles({ users: ['member', { name: 'editor', settings: { work_mem: '1\n2' } }] }),
    'invalid_role_setting',
  ],

  [
    'a policy without a grant',
    withPolicies(allRows({ to: 'member', for: 'delete' })),
    'policy_without_grant',
    'table notes, policies[1] (all-rows): ',
    '"member"',
    'delete',
    'add the grant',
  ],
  ['a policy for a role without any', withPolicies(allRows({ to: 'visitor' })), 'policy_without_grant', '"visitor"'],
  [
    'a grant without a policy',
    withTable({ grants: [{ to: 'member', select: true, delete: true }], policies: [{ ...own, for: 'select' }] }),
    'grant_without_policy',
    'table notes, grants: ',
    '"member" may delete on "notes"',
    'add a policy',
  ],
  [
    'a grant with a restrictive policy only',
    withTable({ policies: [{ ...own, restrictive: true }] }),
    'grant_without_policy',
  ],

  ...['pg_catalog', 'information_schema', 'pg_temp'].map((schema): (typeof refused)[number] => [
    `the schema ${schema}`,
    { ...base, schemas: [schema] },
    'schema_not_exposable',
    'schemas[0]',
    schema,
  ]),
  ['an exposed private schema', { ...base, privateSchema: 'api' }, 'schema_not_exposable', 'privateSchema', '"api"'],
  ['a private system schema', { ...base, privateSchema: 'pg_toast' }, 'schema_not_exposable', 'privateSchema'],

  [
    'any origin on a public address',
    withServer({ bindAddress: '0.0.0.0', corsAllowedOrigins: '*' }),
    'unsafe_cors',
    'server.corsAllowedOrigins',
    '0.0.0.0',
    'allowAnyOriginOnPublicAddress',
  ],
  ['any origin in a list', withServer({ corsAllowedOrigins: ['*'] }), 'unsafe_cors', 'corsAllowedOrigins[0]'],
  [
    'an origin with a path',
    withServer({ corsAllowedOrigins: ['https://a.example/x'] }),
    'unsafe_cors',
    '"https://a.example/x"',
  ],
  ['an origin that is none', withServer({ corsAllowedOrigins: ['a.example'] }), 'unsafe_cors', '"a.example"'],
  [
    'a list of origins in one',
    withServer({ corsAllowedOrigins: ['https://a.example,https://b.example'] }),
    'unsafe_cors',
  ],
  [
    'a published admin port',
    withServer({ adminPort: 3001 }),
    'admin_port_published',
    'server.adminPort',
    '3001',
    'remove it',
  ],
  ...['11.2.0', '9', 'latest', '12', '', 'v'].map((version): (typeof refused)[number] => [
    `version ${version}`,
    withServer({ version }),
    'unsupported_version',
    'server.version',
  ]),
  ...['12.2.0', '12.2.11', 'v12.2'].map((version): (typeof refused)[number] => [
    `version ${version}`,
    withServer({ version }),
    'vulnerable_version',
    'server.version',
    version,
    '12.2.12',
  ]),
  ...[
    'db-uri',
    'jwt-secret',
    'db-anon-role',
    'db-pre-request',
    'jwt-aud',
    'max-rows',
    'root-spec',
    'PGRST_DB_URI',
    'nothing',
    'db-x=y',
  ].map((name): (typeof refused)[number] => [
    `the server setting ${name}`,
    withServer({ settings: { [name]: 'x' } }),
    'invalid_server_setting',
    'server.settings',
  ]),
  [
    'a server setting of two lines',
    withServer({ settings: { 'db-tx-end': 'a\nb' } }),
    'invalid_server_setting',
    'server.settings.db-tx-end',
  ],

  [
    'a pre-request function that is not declared',
    withServer({ preRequest: 'check' }),
    'invalid_declaration',
    'server.preRequest',
    "declare functions: [{ name: 'api.check', execute: [",
  ],
  [
    'a pre-request function that a role may not call',
    { ...withServer({ preRequest: 'check' }), functions: [{ name: 'check', execute: 'member' }] },
    'invalid_declaration',
    'server.preRequest',
    'may not',
  ],
  [
    'a pre-request function with arguments',
    { ...withServer({ preRequest: 'check' }), functions: [{ name: 'check', arguments: ['text'], execute: 'member' }] },
    'invalid_declaration',
    'server.preRequest',
  ],
  [
    'a condition that is none',
    withPolicies(custom({ to: 'member', for: 'select', using: source('true;') })),
    'invalid_sql',
    'own.sql:1',
  ],
  [
    'a check that is none',
    withPolicies(custom({ to: 'member', for: 'select', using: source('true'), check: source(')') })),
    'invalid_sql',
    'own.sql:1',
  ],
  [
    'an old claim',
    withPolicies(custom({ to: 'member', for: 'select', using: source(`current_setting('request.jwt.claim.sub')`) })),
    'legacy_claim_setting',
    'request.jwt.claims',
  ],
  [
    'an old claim in a migration',
    { ...base, migrations: [source(`SELECT 1;\nSELECT current_setting('request.jwt.claim.sub')`)] },
    'legacy_claim_setting',
    'own.sql:2',
    `:"private".claim('sub')`,
  ],
  [
    'an unknown placeholder',
    withPolicies(custom({ to: 'member', for: 'select', using: source(`a = :'b'`) })),
    'unknown_placeholder',
    `:'b'`,
  ],
  ['a migration with NUL', { ...base, migrations: [source('\0')] }, 'invalid_sql', 'own.sql', 'NUL'],

  [
    'a table of another schema that revokes',
    revokingBy({ table: 'auth.staff', column: 'id' }),
    'unknown_schema',
    'auth',
  ],
  [
    'a table that revokes twice',
    revokingBy(staff, { ...staff, table: 'api.staff' }),
    'duplicate_name',
    'revokeOnChange[1].table',
  ],
  [
    'no column to revoke by',
    revokingBy({ table: 'staff', column: [] }),
    'invalid_declaration',
    'revokeOnChange[0].column',
  ],
  ['a column to revoke by twice', revokingBy({ table: 'staff', column: ['id', 'id'] }), 'duplicate_name', 'column'],
  ['an unknown word about revocation', { ...base, tokens: { revocation: { by: 'sub' } } }, 'invalid_declaration', 'by'],
  ['two kinds of keys', { ...base, keys: { generate: 'ES256', secretFile: 'x' } }, 'invalid_declaration', 'keys'],
  ['keys that are none', { ...base, keys: { jwks: '{' } }, 'invalid_key_set', 'keys'],
  ['no keys', { ...base, keys: { jwks: { keys: [] } } }, 'empty_key_set', 'keys'],
  ['a secret among the keys', { ...base, keys: { jwks: { keys: [privateKey] } } }, 'private_key_in_key_set', 'keys'],
];

describe('declare refuses', () => {
  it.each(refused)('%s', (_, input, code, ...parts) => {
    const error = refusal(() => declare(input as DeclarationInput));
    expect([error.code, error.message]).toEqual([code, error.message]);
    for (const part of parts) expect(error.message).toContain(part);
    expect(error.message).toMatch(new RegExp(`\\[${code}\\]$`));
  });
});

describe('declare', () => {
  it('fills in what was not said', () => {
    expect(declare({ name: 'notes', schemas: ['api'], roles: { users: ['member'] } })).toEqual({
      declarationVersion: 1,
      name: 'notes',
      schemas: ['api'],
      internalSchemas: [],
      privateSchema: 'notes_private',
      authenticator: 'notes_authenticator',
      owner: 'notes_owner',
      users: [{ name: 'member', inherits: [], statementTimeoutMs: 5000, settings: {} }],
      tables: [],
      views: [],
      functions: [],
      migrations: [],
      keys: { generate: 'ES256' },
      tokens: { requiredClaims: ['exp'] },
      server: {
        version: newestVersion('PostgREST'),
        maxRows: 1000,
        poolSize: 10,
        corsAllowedOrigins: [],
        bindAddress: '127.0.0.1',
        openApi: 'follow-privileges',
        logLevel: 'error',
        settings: {},
      },
    });
  });

  it('asks tokens for what a revocation goes by', () => {
    const tokensOf = (tokens: TokenRules) => declare({ ...base, tokens }).tokens;
    expect(tokensOf({ revocation: {} })).toEqual({
      requiredClaims: ['exp', 'iat', 'jti', 'sub'],
      revocation: { subject: ['sub'], revokeOnChange: [] },
    });
    const revokeOnChange = [{ table: 'staff', column: ['id', 'boss'] }];
    expect(tokensOf({ requiredClaims: ['jti'], revocation: { subject: ['app', 'user'], revokeOnChange } })).toEqual({
      requiredClaims: ['jti', 'iat'],
      revocation: {
        subject: ['app', 'user'],
        revokeOnChange: [{ schema: 'api', name: 'staff', columns: ['id', 'boss'] }],
      },
    });
  });

  it('gives data that cannot be changed', () => {
    const declaration = declare(base);
    expect(() => Object.assign(declaration.tables[0]!.policies[0]!.input, { column: 'id' })).toThrow(TypeError);
    expect(JSON.parse(JSON.stringify(declaration))).toEqual(declaration);
  });

  it('takes every kind of policy, and names each', () => {
    const to = 'member';
    const policies = [
      own,
      { ...own, restrictive: true },
      tenant({ to, column: 'tenant_id', claim: ['app', 'tenant'], type: 'uuid', restrictive: true }),
      claimList({ to, column: 'region', claim: 'regions', type: 'text' }),
      membership(shared),
      allRows({ to, for: 'select' }),
      publicRows({ to, where: { published: true, hidden: null } }),
      validBetween({ to, from: 'starts_at', until: 'ends_at', restrictive: true }),
      custom({ to, using: source('true'), name: 'mine' }),
    ];
    const [resolved] = declare(withTable({ grants: [{ to, select: true, delete: true }], policies })).tables;
    expect(resolved!.policies.map((policy) => policy.statements.map(({ name }) => name))).toEqual([
      ['own_rows_select_member', 'own_rows_delete_member'],
      ['only_own_rows_select_member', 'only_own_rows_delete_member'],
      ['only_tenant_select_member', 'only_tenant_delete_member'],
      ['claim_list_select_member', 'claim_list_delete_member'],
      ['membership_select_member', 'membership_delete_member'],
      ['all_rows_select_member'],
      ['public_rows_select_member', 'public_rows_delete_member'],
      ['only_valid_between_select_member', 'only_valid_between_delete_member'],
      ['mine_select', 'mine_delete'],
    ]);
  });

  it('lets a policy for an inherited role serve a grant, and the other way round', () => {
    const grants = [{ to: 'editor', select: true as const }];
    expect(declare(withTable({ grants, policies: [own] })).tables[0]!.policies).toHaveLength(1);
    const toEditor = [{ ...own, to: 'editor' }];
    expect(refusal(() => declare(withTable({ policies: toEditor }))).code).toBe('grant_without_policy');
  });

  it('takes policies to the owner, for every command where no other role narrows them', () => {
    const grants = [{ to: 'member', select: true as const }];
    const own = allRows({ to: 'member' });
    const commands = (...policies: readonly PolicyInput[]) =>
      declare(withTable({ grants, policies: [own, ...policies] }))
        .tables[0]!.policies.slice(1)
        .map((one) => one.commands);
    expect(
      commands(
        allRows({ to: 'notes_owner' }),
        allRows({ to: 'notes_owner', for: 'insert', name: 'added' }),
        allRows({ to: ['notes_owner', 'member'], name: 'both' }),
      ),
    ).toEqual([['select', 'insert', 'update', 'delete'], ['insert'], ['select']]);
  });

  it('allows any origin on a public address where it is said', () => {
    const server = { bindAddress: '0.0.0.0', corsAllowedOrigins: '*' as const, allowAnyOriginOnPublicAddress: true };
    expect(declare(withServer(server)).server.corsAllowedOrigins).toBe('*');
    expect(declare(withServer({ bindAddress: '::1', corsAllowedOrigins: '*' })).server.bindAddress).toBe('::1');
  });
});

describe('whatever it is given', () => {
  const holds = (act: () => unknown) => {
    try {
      act();
    } catch (error) {
      expect(error).toBeInstanceOf(SecuredPostgrestError);
    }
  };

  it('declare throws nothing but its own errors', () => {
    fc.assert(
      fc.property(fc.anything({ withNullPrototype: true }), (junk) => holds(() => declare(junk as DeclarationInput))),
      { numRuns: FUZZ_RUNS },
    );
  });

  it('declare throws nothing but its own errors where one place is junk', () => {
    const full = {
      ...withPolicies(allRows({ to: 'member', for: 'select' })),
      functions: [],
      views: [{ name: 'v' }],
      migrations: [source('')],
      keys: { generate: 'ES256' },
      tokens: { issuer: 'i' },
      server: { version: '14.1', settings: {} },
    };
    const places: (string | number)[][] = [];
    const visit = (value: unknown, path: (string | number)[]) => {
      places.push(path);
      if (typeof value === 'object' && value !== null)
        for (const [key, inner] of Object.entries(value)) visit(inner, [...path, key]);
    };
    visit(full, []);
    const junk = fc.oneof(hostileText, fc.anything(), fc.array(hostileText), fc.dictionary(hostileText, hostileText));
    fc.assert(
      fc.property(fc.constantFrom(...places.slice(1)), junk, (path, value) => {
        const input = structuredClone(full) as unknown as Record<string | number, unknown>;
        let at = input;
        for (const key of path.slice(0, -1)) at = at[key] as Record<string | number, unknown>;
        at[path.at(-1)!] = value;
        holds(() => declare(input as unknown as DeclarationInput));
      }),
      { numRuns: FUZZ_RUNS },
    );
  });
});
