import { z } from 'zod';
import { refuse } from '../errors/secured-postgrest-error.ts';
import { COMMANDS } from './commands.ts';
import { describeIssue } from './describe-issue.ts';
import { describePath } from './place.ts';
import type { IsSame } from './same-type.ts';
import type { DeclarationInput, JsonWebKeySet } from './types.ts';

const text = z.string();
const texts = z.array(text);
const oneOrMore = z.union([text, texts.min(1)]);
const command = z.enum(COMMANDS);
const claim = z.union([text.min(1), z.array(text.min(1)).min(1)]);
const claimType = z.enum(['text', 'uuid', 'int', 'bigint', 'int2', 'int4', 'int8', 'numeric', 'boolean']);
const sqlSource = z.strictObject({ file: text.min(1), sql: text });
const scalar = z.union([text, z.number(), z.boolean()]);

const roleSettings = {
  statementTimeoutMs: z.int().positive().optional(),
  settings: z.record(text, text).optional(),
  temporaryTables: z.boolean().optional(),
};
const userRole = z.strictObject({
  name: text,
  inherits: texts.optional(),
  allRows: z.union([z.literal(true), command, z.array(command).min(1)]).optional(),
  ...roleSettings,
});
const policyCommon = {
  name: text.optional(),
  for: z.union([command, z.array(command).min(1)]).optional(),
  to: oneOrMore,
  restrictive: z.boolean().optional(),
};
const claimPolicy = { ...policyCommon, column: text, claim, type: claimType };

const policy = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('own-rows'), ...claimPolicy }),
  z.strictObject({ kind: z.literal('tenant'), ...claimPolicy }),
  z.strictObject({ kind: z.literal('claim-list'), ...claimPolicy }),
  z.strictObject({
    kind: z.literal('membership'),
    ...policyCommon,
    column: text,
    type: claimType,
    through: z.strictObject({
      table: text,
      key: text,
      member: text,
      where: z.record(text, z.union([scalar, texts.min(1)])).optional(),
    }),
    claim,
    memberType: claimType,
  }),
  z.strictObject({ kind: z.literal('all-rows'), ...policyCommon }),
  z.strictObject({
    kind: z.literal('public-rows'),
    ...policyCommon,
    where: z.record(text, z.union([scalar, z.null()])),
  }),
  z.strictObject({ kind: z.literal('valid-between'), ...policyCommon, from: text.optional(), until: text.optional() }),
  z.strictObject({
    kind: z.literal('custom'),
    ...policyCommon,
    using: sqlSource,
    check: sqlSource.optional(),
    values: z.record(text, text).optional(),
  }),
]);

const columns = z.union([z.literal(true), texts.min(1)]);
const grant = z.strictObject({
  to: oneOrMore,
  select: columns.optional(),
  insert: columns.optional(),
  update: columns.optional(),
  delete: z.literal(true).optional(),
});

// The key set of another issuer may have further members, which the type does not name.
const keySet: z.ZodType<JsonWebKeySet, JsonWebKeySet> = z.looseObject({ keys: z.array(z.record(text, z.unknown())) });
const jwks = z.union([text, keySet]);
const provider = z.strictObject({
  issuer: text.min(1),
  jwks: jwks.optional(),
  jwksUri: text.min(1).optional(),
  keysMaximumAgeSeconds: z.int().positive().optional(),
  audience: text.min(1).optional(),
  claims: z.record(text.min(1), oneOrMore).optional(),
  roles: z.strictObject({
    claim,
    map: z.record(text, oneOrMore),
    defaultRole: text.optional(),
    otherwise: text.optional(),
    spaceSeparated: z.boolean().optional(),
  }),
});

const keyPair = z.union([z.strictObject({ generate: z.enum(['ES256', 'RS256', 'EdDSA']) }), z.strictObject({ jwks })]);
const revokingTables = z.array(z.strictObject({ table: text, column: oneOrMore }));

export const declarationShape = z.strictObject({
  $schema: text.optional(),
  name: text,
  schemas: texts.min(1),
  internalSchemas: texts.optional(),
  privateSchema: text.optional(),
  roles: z.strictObject({
    authenticator: text.optional(),
    owner: text.optional(),
    anonymous: z.union([text, z.strictObject({ name: text, ...roleSettings })]).optional(),
    users: z.array(z.union([text, userRole])),
  }),
  tables: z
    .array(
      z.strictObject({
        name: text,
        grants: z.array(grant).optional(),
        policies: z.array(policy).optional(),
        defaults: z.record(text, z.strictObject({ claim, type: claimType.optional() })).optional(),
      }),
    )
    .optional(),
  views: z.array(z.strictObject({ name: text, grants: z.array(grant).optional() })).optional(),
  functions: z
    .array(
      z.strictObject({
        name: text,
        arguments: texts.optional(),
        execute: oneOrMore.optional(),
        securityDefiner: z.boolean().optional(),
      }),
    )
    .optional(),
  migrations: z.array(sqlSource).optional(),
  keys: z
    .union([
      z.strictObject({ generate: z.enum(['ES256', 'RS256', 'EdDSA', 'HS256']) }),
      z.strictObject({ jwks }),
      z.strictObject({ publicKey: text, algorithm: z.enum(['ES256', 'RS256', 'EdDSA']) }),
      z.strictObject({ secretFile: text.min(1), isBase64: z.boolean().optional() }),
      z.strictObject({
        provider,
        additionalKeys: keyPair.optional(),
        own: keyPair.optional(),
      }),
    ])
    .optional(),
  tokens: z
    .strictObject({
      issuer: text.min(1).optional(),
      audience: text.min(1).optional(),
      requiredClaims: z.array(text.min(1)).optional(),
      maximumAgeSeconds: z.int().positive().optional(),
      revocation: z
        .strictObject({
          subject: claim.optional(),
          subjectTypes: z
            .array(z.enum([...claimType.options, 'citext']))
            .min(1)
            .optional(),
          revokeOnChange: revokingTables.optional(),
          bumpOn: revokingTables.optional(),
        })
        .optional(),
      encryption: z.enum(['off', 'accepted', 'required']).optional(),
    })
    .optional(),
  server: z
    .strictObject({
      version: text.optional(),
      maxRows: z.int().positive().optional(),
      poolSize: z.int().positive().optional(),
      corsAllowedOrigins: z.union([z.literal('*'), texts]).optional(),
      bindAddress: text.min(1).optional(),
      allowAnyOriginOnPublicAddress: z.boolean().optional(),
      adminPort: z.int().optional(),
      preRequest: text.optional(),
      openApi: z.enum(['follow-privileges', 'disabled']).optional(),
      logLevel: z.enum(['crit', 'error', 'warn', 'info']).optional(),
      settings: z.record(text, text).optional(),
    })
    .optional(),
  acceptedAdvisories: texts.optional(),
});

/** Fails to compile where the shape has a member that the type `DeclarationInput` lacks, or the other way round. */
true satisfies IsSame<z.input<typeof declarationShape>, DeclarationInput>;

/** Names that a declaration must not use: PostgREST would let a token with such a role do everything. */
const PRIVILEGES = ['login', 'superuser', 'bypassRls', 'bypassrls', 'createRole', 'createDatabase', 'replication'];

/** Refuses anything that is not shaped like a declaration: unknown members, wrong types, missing parts. */
export function checkShape(input: DeclarationInput): void {
  refusePrivileges(input);
  const result = declarationShape.safeParse(input);
  if (result.success) return;
  if (Array.isArray((input as Partial<DeclarationInput> | null | undefined)?.keys)) {
    const fix = "declare one, or { generate: 'HS256' } for several secrets, and add each with `keys import`";
    refuse('invalid_declaration', 'keys', 'a list is no source of keys', fix);
  }
  const { path, problem } = describeIssue(result.error, declarationShape, input);
  refuse('invalid_declaration', describePath(path, input), problem, 'see the type DeclarationInput');
}

function refusePrivileges(input: DeclarationInput): void {
  const roles: unknown = (input as Partial<DeclarationInput> | null)?.roles;
  const { users, anonymous } = (roles ?? {}) as { users?: unknown; anonymous?: unknown };
  const named: [string, unknown][] = [['roles.anonymous', anonymous]];
  if (Array.isArray(users)) users.forEach((user, index) => named.push([`roles.users[${index}]`, user]));
  for (const [place, role] of named) {
    if (typeof role !== 'object' || role === null) continue;
    const privilege = PRIVILEGES.find((name) => (role as Record<string, unknown>)[name]);
    if (privilege) {
      refuse('privileged_role', `${place}.${privilege}`, 'a role that tokens may name must not have it', 'remove it');
    }
  }
}
