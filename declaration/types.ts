import type { QualifiedName } from '../postgres/qualified-name.ts';
import type { SqlSource } from '../postgres/sql-source.ts';

export type { QualifiedName, SqlSource };

/** A command on rows. */
export type Command = 'select' | 'insert' | 'update' | 'delete';

/** Types that a claim can be cast to before it is compared with a column. */
export type ClaimType = 'text' | 'uuid' | 'int' | 'bigint' | 'int2' | 'int4' | 'int8' | 'numeric' | 'boolean';

/** Types of a subject: `citext` is text without regard to case. */
export type SubjectType = ClaimType | 'citext';

/** The path of a claim: `'user_id'`, or `['app_metadata', 'tenant']` for a nested one. */
export type ClaimPath = string | readonly string[];

/** The value of a claim in a type; null where the claim is missing or has no value of that type. */
export interface ClaimValue {
  /** Path of the claim. */
  readonly claim: ClaimPath;
  /** Type of the value. @default 'text' */
  readonly type?: ClaimType;
}

/**
 * Names that a declaration may use. `secured-postgrest gen types` writes such a type; with `declare<Names>(...)`, a misspelt
 * table, column, role or function is a compile error.
 */
export interface DatabaseNames {
  /** Roles of the API. */
  readonly roles: string;
  /** The owner of the schemas, which only policies may name. @default none */
  readonly owner?: string;
  /** Columns by table: `name` in the first exposed schema, or `schema.name`. */
  readonly tables: Readonly<Record<string, string>>;
  /** Columns by view. */
  readonly views: Readonly<Record<string, string>>;
  /** Functions. */
  readonly functions: string;
}

/** Values by column. */
export type ByColumn<Column extends string, Value> = string extends Column
  ? Readonly<Record<string, Value>>
  : { readonly [Name in Column]?: Value };

/** JSON Web Key Set (RFC 7517). */
export interface JsonWebKeySet {
  /** JSON Web Keys (RFC 7517, 4). */
  readonly keys: readonly Readonly<Record<string, unknown>>[];
}

/** Algorithms that this package signs tokens with. */
export type SigningAlgorithm = 'ES256' | 'RS256' | 'EdDSA' | 'HS256';

/** Algorithms of keys that tokens are encrypted to (RFC 7518, 4): P-256 or X25519 keys, and RSA keys. The content is always A256GCM. */
export type EncryptionAlgorithm = 'ECDH-ES+A256KW' | 'RSA-OAEP-256';

/** Keys that PostgREST trusts. Exactly one kind. */
export type KeySource =
  | {
      /** Algorithm of a key that is generated into the secrets directory. PostgREST gets the public half (HS256: the secret). */
      readonly generate: SigningAlgorithm;
    }
  | {
      /** An existing set of public keys, as an object or as JSON text. */
      readonly jwks: JsonWebKeySet | string;
    }
  | {
      /** An existing public key: PEM (SPKI). */
      readonly publicKey: string;
      /** Algorithm of the tokens that the key verifies. */
      readonly algorithm: Exclude<SigningAlgorithm, 'HS256'>;
    }
  | {
      /** A file with an existing HS256 secret of at least 32 bytes. The file is read when it is deployed or started. */
      readonly secretFile: string;
      /** True if the file has the secret as base64 or base64url. @default false */
      readonly isBase64?: boolean;
    }
  | {
      /** The OpenID provider whose keys are trusted. */
      readonly provider: Provider;
      /** Keys for tokens that the provider has not issued. @default none */
      readonly additionalKeys?: OwnKeySource;
      /** @deprecated use `additionalKeys` */
      readonly own?: OwnKeySource;
    };

/** Keys for tokens that the provider has not issued. */
export type OwnKeySource =
  | {
      /** Algorithm of a key that is generated into the secrets directory. PostgREST gets the public half. */
      readonly generate: Exclude<SigningAlgorithm, 'HS256'>;
    }
  | {
      /** An existing set of public keys, as an object or as JSON text. */
      readonly jwks: JsonWebKeySet | string;
    };

/** An OpenID provider whose tokens are trusted, what they must say, and which roles they are for. */
export interface Provider {
  /** The exact `iss` of the provider's tokens: https, or http on this machine. */
  readonly issuer: string;
  /** The provider's public keys, as an object or as JSON text. @default fetched from the provider by each deploy */
  readonly jwks?: JsonWebKeySet | string;
  /** Address of the provider's keys. @default the address in its discovery document */
  readonly jwksUri?: string;
  /** Largest age of the keys that were fetched last, where the provider does not answer a deploy. @default 2592000, 30 days */
  readonly keysMaximumAgeSeconds?: number;
  /** Required member of `aud`. @default any, and `claims` must say whom a token is for */
  readonly audience?: string;
  /** Claims that must be there with one of these texts, such as `{ token_use: 'access' }`. @default none */
  readonly claims?: Readonly<Record<string, string | readonly string[]>>;
  /** Rules from the provider's claims to declared roles. */
  readonly roles: RoleMapping;
}

/** Rules from a token's claims to the role of its requests. */
export interface RoleMapping {
  /** The claim with the provider's names of roles: a text or a list of texts. */
  readonly claim: ClaimPath;
  /** Declared roles, each with the provider's names for it. Of several that match the first counts. */
  readonly map: Readonly<Record<string, string | readonly string[]>>;
  /** The role of tokens that match nothing in `map`. @default such tokens are rejected */
  readonly defaultRole?: string;
  /** @deprecated use `defaultRole` */
  readonly otherwise?: string;
  /** True if a text in the claim is a list separated by spaces, as `scope` is (RFC 8693, 4.2). @default false */
  readonly spaceSeparated?: boolean;
}

/** Rules for a token's claims. PostgREST checks none of them reliably, so a pre-request check does. */
export interface TokenRules {
  /** Required `iss`. Beside a provider: that of own tokens. @default any issuer */
  readonly issuer?: string;
  /** Required member of `aud`. Beside a provider: that of own tokens. @default any audience */
  readonly audience?: string;
  /** Claims that every token must carry. @default ['exp'] */
  readonly requiredClaims?: readonly string[];
  /** How long after `iat` a token counts, in seconds, whatever its `exp`. @default as long as `exp` says */
  readonly maximumAgeSeconds?: number;
  /** Lets tokens be refused before they expire. @default off */
  readonly revocation?: RevocationInput;
  /**
   * Nested tokens: signed, then encrypted (RFC 7519, 11.2). `accepted`: these and merely signed ones. `required`: these alone.
   * An opener before PostgREST decrypts them; PostgREST itself cannot.
   * @default 'off'
   */
  readonly encryption?: 'off' | 'accepted' | 'required';
}

/**
 * Tokens that a revocation meets: one by its `jti`, or all about a subject that were issued until then. `jti`, `iat` and the
 * subject's claim are required then.
 */
export interface RevocationInput {
  /** Claim that names whom a token is about: a text or a number. @default 'sub' */
  readonly subject?: ClaimPath;
  /**
   * Types in which SQL of yours compares the subject, so that each spelling of a value is the same subject. Those that the templates of
   * policies name count as well. @default `['uuid', 'numeric']` where no template compares it, or a custom condition does too
   */
  readonly subjectTypes?: readonly SubjectType[];
  /**
   * Tables whose rows say what a subject may do. A change or deletion of a row revokes the tokens of the subject that it names.
   * @default none
   */
  readonly revokeOnChange?: readonly RevokingTableInput[];
  /** @deprecated use `revokeOnChange` */
  readonly bumpOn?: readonly RevokingTableInput[];
}

/** A table whose changes revoke tokens. */
export interface RevokingTableInput {
  /** `schema.table`, or a table of the first exposed schema. */
  readonly table: string;
  /** The column that names the subject, or several; as text it has to be what the claim says. */
  readonly column: string | readonly string[];
}

/** Settings of a role that requests run as. */
export interface RoleSettings {
  /** Lets functions that the role calls create temporary tables. @default false */
  readonly temporaryTables?: boolean;
  /** Longest time of one statement, in milliseconds. @default 5000 */
  readonly statementTimeoutMs?: number;
  /**
   * Further settings for the role (`ALTER ROLE ... SET`); PostgREST applies them to each request.
   * @default none
   */
  readonly settings?: Readonly<Record<string, string>>;
}

/** A role that tokens may name. */
export interface UserRoleInput<Role extends string = string> extends RoleSettings {
  /** Name of the role in Postgres. */
  readonly name: string;
  /** Declared roles whose privileges this role inherits. @default none */
  readonly inherits?: readonly Role[];
  /**
   * Commands on every row and column of every declared table; `true` for all four. With `select`, the role also reads every
   * declared view.
   * @default none
   */
  readonly allRows?: true | Command | readonly Command[];
}

/** The role of requests without a token. */
export interface AnonymousRoleInput extends RoleSettings {
  /** Name of the role in Postgres. */
  readonly name: string;
}

/** The roles of a declaration. */
export interface RolesInput<Role extends string = string> {
  /** The login role of PostgREST. @default `<name>_authenticator` */
  readonly authenticator?: string;
  /** NOLOGIN role that owns every object in the managed schemas. @default `<name>_owner` */
  readonly owner?: string;
  /** The role of requests without a token; leave out to refuse such requests. @default none */
  readonly anonymous?: string | AnonymousRoleInput;
  /** The roles that tokens may name. */
  readonly users: readonly (string | UserRoleInput<Role>)[];
}

/** Commands that roles may use on a table or view, on all or on some columns. */
export interface GrantInput<Column extends string = string, Role extends string = string> {
  /** Roles that get the grant. */
  readonly to: Role | readonly Role[];
  /** `true` to read all columns, or the columns. @default not granted */
  readonly select?: true | readonly Column[];
  /** `true` to insert with all columns, or the columns. @default not granted */
  readonly insert?: true | readonly Column[];
  /** `true` to update all columns, or the columns. @default not granted */
  readonly update?: true | readonly Column[];
  /** `true` to delete rows. @default not granted */
  readonly delete?: true;
}

/** Members of every policy. */
export interface PolicyCommon<Role extends string = string> {
  /** Name of the policy. @default made from kind, commands and roles */
  readonly name?: string;
  /** Commands that the policy decides. @default every command granted to its roles */
  readonly for?: Command | readonly Command[];
  /** Roles that the policy binds. The owner's name stands for triggers and functions that run with its rights. */
  readonly to: Role | readonly Role[];
  /** Restrictive policies must all pass, permissive ones only one. @default false */
  readonly restrictive?: boolean;
}

interface ClaimPolicy<Column extends string, Role extends string> extends PolicyCommon<Role> {
  /** Column that is compared with the claim. */
  readonly column: Column;
  /** Claim that the column is compared with. */
  readonly claim: ClaimPath;
  /** Type of the column, or one that compares with it without failing. The claim is cast to it, never the column, so that indexes serve. */
  readonly type: ClaimType;
}

/** A policy made by `ownRows`. */
export interface OwnRowsPolicy<Column extends string = string, Role extends string = string> extends ClaimPolicy<
  Column,
  Role
> {
  /** Rows whose column equals a claim. */
  readonly kind: 'own-rows';
}

/** A policy made by `tenant`. */
export interface TenantPolicy<Column extends string = string, Role extends string = string> extends ClaimPolicy<
  Column,
  Role
> {
  /** Rows of the tenant that the token names. */
  readonly kind: 'tenant';
}

/** A policy made by `claimList`. */
export interface ClaimListPolicy<Column extends string = string, Role extends string = string> extends ClaimPolicy<
  Column,
  Role
> {
  /** Rows whose column is one of the values in a claim that holds a list. */
  readonly kind: 'claim-list';
}

/** The table whose rows say who is a member of what. */
export interface MembershipTable<Table extends string = string, Column extends string = string> {
  /** The membership table: `schema.table`, or a table of the first exposed schema. */
  readonly table: Table;
  /** Column of the membership table that `column` is compared with. */
  readonly key: Column;
  /** Column of the membership table that holds the member. */
  readonly member: Column;
  /** Only memberships whose columns have these values. @default all */
  readonly where?: ByColumn<Column, string | number | boolean | readonly string[]>;
}

/** A policy made by `membership`. */
export interface MembershipPolicy<
  Column extends string = string,
  Role extends string = string,
  Through = MembershipTable,
> extends PolicyCommon<Role> {
  /** Rows that belong to something the token's subject is a member of, by a membership table. */
  readonly kind: 'membership';
  /** Column of the protected table. */
  readonly column: Column;
  /** Type of that column and of `through.key`. */
  readonly type: ClaimType;
  /** The membership table and its columns. */
  readonly through: Through;
  /** Claim that names the member. */
  readonly claim: ClaimPath;
  /** Type of `through.member`. */
  readonly memberType: ClaimType;
}

/** A policy made by `allRows`. */
export interface AllRowsPolicy<Role extends string = string> extends PolicyCommon<Role> {
  /** Every row. */
  readonly kind: 'all-rows';
}

/** A policy made by `publicRows`. */
export interface PublicRowsPolicy<
  Column extends string = string,
  Role extends string = string,
> extends PolicyCommon<Role> {
  /** Rows with given values, whatever the token. */
  readonly kind: 'public-rows';
  /** Columns and the value each must have; `null` means IS NULL. */
  readonly where: ByColumn<Column, string | number | boolean | null>;
}

/** A policy made by `validBetween`. */
export interface ValidBetweenPolicy<
  Column extends string = string,
  Role extends string = string,
> extends PolicyCommon<Role> {
  /** Rows that are valid now, between two moments in the row. */
  readonly kind: 'valid-between';
  /** Column of the first moment; a null there means always. @default no lower bound */
  readonly from?: Column;
  /** Column of the first moment after the end; a null there means for ever. @default no upper bound */
  readonly until?: Column;
}

/** A policy made by `custom`. */
export interface CustomPolicy<Role extends string = string> extends PolicyCommon<Role> {
  /** Rows for which a condition of your own is true. */
  readonly kind: 'custom';
  /** The condition for rows that are read or changed. */
  readonly using: SqlSource;
  /** The condition for rows that are written. @default `using` */
  readonly check?: SqlSource;
  /** Values for the placeholders `:"name"` (identifier) and `:'name'` (literal) of the SQL. @default none */
  readonly values?: Readonly<Record<string, string>>;
}

/** Rows that roles may read or write. */
export type PolicyInput<Column extends string = string, Role extends string = string, Through = MembershipTable> =
  | OwnRowsPolicy<Column, Role>
  | TenantPolicy<Column, Role>
  | ClaimListPolicy<Column, Role>
  | MembershipPolicy<Column, Role, Through>
  | AllRowsPolicy<Role>
  | PublicRowsPolicy<Column, Role>
  | ValidBetweenPolicy<Column, Role>
  | CustomPolicy<Role>;

/** A table of an exposed or internal schema. */
export interface TableInput<
  Name extends string = string,
  Column extends string = string,
  Role extends string = string,
  Through = MembershipTable,
  Owner extends string = never,
> {
  /** `schema.table`, or a table of the first exposed schema. */
  readonly name: Name;
  /** Commands that roles may use on the table. @default none */
  readonly grants?: readonly GrantInput<Column, Role>[];
  /** Rows that roles may reach. Row security is on and forced: without a policy, no row. @default none */
  readonly policies?: readonly PolicyInput<Column, Role | Owner, Through>[];
  /** Columns that new rows take from the token, such as `{ tenant_id: claim('tenant_id', 'uuid') }`. @default none */
  readonly defaults?: ByColumn<Column, ClaimValue>;
}

/** A view runs with the rights of who asks (`security_invoker`), so the policies of its tables decide its rows. */
export interface ViewInput<Name extends string = string, Column extends string = string, Role extends string = string> {
  /** `schema.view`, or a view of the first exposed schema. */
  readonly name: Name;
  /** Commands that roles may use on the view. @default none */
  readonly grants?: readonly GrantInput<Column, Role>[];
}

/** A function that roles may call. */
export interface FunctionInput<Name extends string = string, Role extends string = string> {
  /** `schema.function`, or a function of the first exposed schema. */
  readonly name: Name;
  /** Argument types, for one of several overloads. @default every overload */
  readonly arguments?: readonly string[];
  /** Roles that may call it. A function of defaults, checks or policies needs none. @default none */
  readonly execute?: Role | readonly Role[];
  /** Says that the function may run with its owner's rights (SECURITY DEFINER). @default false */
  readonly securityDefiner?: boolean;
}

type TableName<Names extends DatabaseNames> = keyof Names['tables'] & string;
type OwnerName<Names extends DatabaseNames> = Names extends { readonly owner: infer Owner extends string }
  ? Owner
  : never;
type ViewName<Names extends DatabaseNames> = keyof Names['views'] & string;

/** The inputs for the tables of a database, each with its own columns. */
export type TablesInput<Names extends DatabaseNames> = {
  [Name in TableName<Names>]: TableInput<
    Name,
    Names['tables'][Name],
    Names['roles'],
    MembershipTables<Names>,
    OwnerName<Names>
  >;
}[TableName<Names>];

/** The same for its views. */
export type ViewsInput<Names extends DatabaseNames> = {
  [Name in ViewName<Names>]: ViewInput<Name, Names['views'][Name], Names['roles']>;
}[ViewName<Names>];

/** The tables that a policy may read memberships from. */
export type MembershipTables<Names extends DatabaseNames> = {
  [Name in TableName<Names>]: MembershipTable<Name, Names['tables'][Name]>;
}[TableName<Names>];

/** Settings of PostgREST. */
export interface ServerInput {
  /** PostgREST's version; settings and checks follow it. @default the newest in the table of docs/versions.md */
  readonly version?: string;
  /** Largest number of rows of one answer. @default 1000 */
  readonly maxRows?: number;
  /** Connections of each server to Postgres. @default 10 */
  readonly poolSize?: number;
  /** Origins a browser may call from; `'*'` for any. @default none */
  readonly corsAllowedOrigins?: '*' | readonly string[];
  /** Address on which the API is published. @default '127.0.0.1' */
  readonly bindAddress?: string;
  /** Says that any origin may reach a public address on purpose. @default false */
  readonly allowAnyOriginOnPublicAddress?: boolean;
  /** Port on which the admin server would be published. `declare` rejects it: the admin server has no access control. */
  readonly adminPort?: number;
  /**
   * A declared function without arguments that every request calls after the package's own checks, as its role, such as
   * `app_private.check_request`. Every role needs EXECUTE. @default none
   */
  readonly preRequest?: string;
  /** How much of the schema the OpenAPI root shows. @default 'follow-privileges' */
  readonly openApi?: 'follow-privileges' | 'disabled';
  /** The least severe messages that PostgREST logs. @default 'error' */
  readonly logLevel?: 'crit' | 'error' | 'warn' | 'info';
  /** Further PostgREST settings by their documented names, such as `db-tx-end`: those that are safe. @default none */
  readonly settings?: Readonly<Record<string, string>>;
}

/** A declaration as you write it; {@link declare} checks it and fills in the defaults. */
export interface DeclarationInput<Names extends DatabaseNames = DatabaseNames> {
  /** Address of the JSON schema, with which an editor checks a declaration in JSON. @default none */
  readonly $schema?: string;
  /** Short name, and prefix of every name that a deploy makes: `^[a-z][a-z0-9_]*$`, at most 40 characters. */
  readonly name: string;
  /** Exposed schemas; a table name without a schema belongs to the first. */
  readonly schemas: readonly string[];
  /** Managed schemas that are not exposed, such as one for tables behind views. @default none */
  readonly internalSchemas?: readonly string[];
  /** Schema for claims helpers, the pre-request check and book-keeping; never exposed. @default `<name>_private` */
  readonly privateSchema?: string;
  /** The roles of the server, of the owner and of requests. */
  readonly roles: RolesInput<Names['roles']>;
  /** Tables with grants and policies; an unlisted table stays closed. @default none */
  readonly tables?: readonly TablesInput<Names>[];
  /** Views with grants; an unlisted view stays closed. @default none */
  readonly views?: readonly ViewsInput<Names>[];
  /** Functions that roles may call; nobody can call an unlisted one. @default none */
  readonly functions?: readonly FunctionInput<Names['functions'], Names['roles']>[];
  /** Application SQL, each run once, in the order of their names. @default none */
  readonly migrations?: readonly SqlSource[];
  /** Keys whose tokens are trusted. @default { generate: 'ES256' } */
  readonly keys?: KeySource;
  /** Rules for the claims of tokens, and their revocation. @default any issuer and audience; `exp` is required */
  readonly tokens?: TokenRules;
  /** Settings of PostgREST. @default the default of each setting */
  readonly server?: ServerInput;
  /**
   * Numbers of known advisories, such as `CVE-2026-6460`, that deploys and audits no longer warn about; see docs/versions.md.
   * @default none
   */
  readonly acceptedAdvisories?: readonly string[];
}

export interface ApiRole {
  readonly name: string;
  readonly inherits: readonly string[];
  readonly statementTimeoutMs: number;
  /** True if the role may create temporary tables. */
  readonly temporaryTables?: true;
  readonly settings: Readonly<Record<string, string>>;
}

/** A grant of one privilege on one table or view to one role. `columns` absent: the whole relation. */
export interface RelationGrant {
  readonly role: string;
  readonly command: Command;
  readonly columns?: readonly string[];
}

/** One policy in the database: Postgres knows one command a policy, or all. */
export interface PolicyStatement {
  readonly name: string;
  readonly command: Command | 'all';
}

export interface Policy {
  readonly commands: readonly Command[];
  readonly statements: readonly PolicyStatement[];
  readonly roles: readonly string[];
  readonly restrictive: boolean;
  /** Where it stands in the input, for errors. */
  readonly place: string;
  readonly input: PolicyInput;
}

export interface Table extends QualifiedName {
  readonly grants: readonly RelationGrant[];
  readonly policies: readonly Policy[];
  /** Columns that new rows take from the token. @default none */
  readonly defaults?: Readonly<Record<string, Required<ClaimValue>>>;
}

export interface View extends QualifiedName {
  readonly grants: readonly RelationGrant[];
}

export interface ApiFunction extends QualifiedName {
  readonly arguments?: readonly string[];
  readonly execute: readonly string[];
  readonly securityDefiner: boolean;
}

export interface Revocation {
  /** Path of the claim. */
  readonly subject: readonly string[];
  /** Declared types; the policies may add others. */
  readonly subjectTypes?: readonly SubjectType[];
  readonly revokeOnChange: readonly RevokingTable[];
}

export interface RevokingTable extends QualifiedName {
  readonly columns: readonly string[];
}

/** Rules for a token's claims with defaults, and the claims that revocation requires. */
export interface Tokens {
  readonly issuer?: string;
  readonly audience?: string;
  readonly requiredClaims: readonly string[];
  readonly maximumAgeSeconds?: number;
  readonly revocation?: Revocation;
  /** Where nested tokens pass; merely signed ones do so with `accepted` only. @default only merely signed ones pass */
  readonly encryption?: 'accepted' | 'required';
  /** True if the pre-request check rejects requests without a token. @default false: PostgREST decides */
  readonly isRequired?: boolean;
}

export interface Server {
  readonly version: string;
  readonly maxRows: number;
  readonly poolSize: number;
  readonly corsAllowedOrigins: '*' | readonly string[];
  readonly bindAddress: string;
  /** A function that every request calls. */
  readonly preRequest?: QualifiedName;
  readonly openApi: 'follow-privileges' | 'disabled';
  readonly logLevel: 'crit' | 'error' | 'warn' | 'info';
  readonly settings: Readonly<Record<string, string>>;
}

/** Version of the format in which this package writes a {@link Declaration}; it grows with each incompatible change. */
export const DECLARATION_VERSION = 1;

/** The checked, complete, frozen declaration: plain data that every other part of the package reads. */
export interface Declaration {
  /** Version of the format of this object; the command line loads its own version only. */
  readonly declarationVersion: typeof DECLARATION_VERSION;
  readonly name: string;
  readonly schemas: readonly string[];
  readonly internalSchemas: readonly string[];
  readonly privateSchema: string;
  readonly authenticator: string;
  readonly owner: string;
  readonly anonymous?: ApiRole;
  /** The roles that tokens may name, without the anonymous one. */
  readonly users: readonly ApiRole[];
  readonly tables: readonly Table[];
  readonly views: readonly View[];
  readonly functions: readonly ApiFunction[];
  readonly migrations: readonly SqlSource[];
  readonly keys: KeySource;
  readonly tokens: Tokens;
  readonly server: Server;
  /** Numbers of advisories that are not warned about. */
  readonly acceptedAdvisories?: readonly string[];
}
