import { refuse } from '../../errors/secured-postgrest-error.ts';
import type { Survey } from './survey.ts';
import { mayBecome } from './rights.ts';

/** Whom requests come as, and where they find objects. */
export interface AuditScope {
  /** Exposed schemas. */
  readonly schemas: readonly string[];
  /** Schemas whose functions and types requests find without a name: those of `db-extra-search-path`. */
  readonly extraSchemas: readonly string[];
  /** Roles that a token, or its absence, makes a request run as; none that passes every policy by design. */
  readonly roles: readonly string[];
  /** Role of requests without a token; undefined where these are rejected. */
  readonly anonymous: string | undefined;
  /** Login of PostgREST; undefined where it is not known. */
  readonly authenticator: string | undefined;
  /** Roles of tokens that pass every policy by design, such as Supabase's `service_role`. */
  readonly services: readonly string[];
  readonly platform: 'postgrest' | 'supabase';
  /** How the scope was found, as sentences' ends. */
  readonly foundBy: string;
}

/** Parts of the scope that are given. */
export interface ScopeOptions {
  readonly schemas?: readonly string[];
  readonly anonymous?: string;
  readonly roles?: readonly string[];
  readonly authenticator?: string;
}

/** Schemas and anonymous role of a declaration that a database is compared with. */
export type DeclaredScope = Pick<ScopeOptions, 'schemas' | 'anonymous'>;

/** PostgREST's variables, as it reads them itself. */
export type PostgrestEnvironment = Readonly<
  Partial<Record<'PGRST_DB_SCHEMAS' | 'PGRST_DB_ANON_ROLE' | 'PGRST_DB_EXTRA_SEARCH_PATH', string>>
>;

/** A service's own role in Supabase: its key never leaves the server. */
const SERVICE_ROLES = ['service_role'];
const ANONYMOUS_NAMES = ['anon', 'web_anon', 'anonymous'];

/**
 * Finds out what requests reach: by what is given, by PostgREST's variables, by its settings in the database, by a
 * declaration, and by the names and rights of roles.
 *
 * @throws SecuredPostgrestError `scope_not_found` where no role or no schema of an API is found, `unknown_role` or
 *   `unknown_schema` where one that is given does not exist
 */
export function findScope(
  survey: Survey,
  options: ScopeOptions = {},
  environment: PostgrestEnvironment = {},
  declared: DeclaredScope = {},
): AuditScope {
  checkGiven(survey, options);
  const platform = survey.roles.has('service_role') && survey.schemas.has('auth') ? 'supabase' : 'postgrest';
  const authenticator = options.authenticator ?? findAuthenticator(survey);
  const setting = (name: string) =>
    survey.settings.findLast(
      (one) => one.name.toLowerCase() === `pgrst.${name}` && (one.role === null || one.role === authenticator),
    )?.value;
  const found: string[] = [];
  const pick = <T>(what: string, ...sources: readonly (readonly [how: string, value: T | undefined])[]) => {
    const source = sources.find(([, value]) => value !== undefined);
    if (source) found.push(`${what} by ${source[0]}`);
    return source?.[1];
  };
  const existing = (name: string | undefined) => (name !== undefined && survey.roles.has(name) ? name : undefined);
  const anonymous = pick(
    'the anonymous role',
    ['an option', options.anonymous],
    ['the environment', existing(environment.PGRST_DB_ANON_ROLE)],
    ["PostgREST's settings in the database", existing(setting('db_anon_role'))],
    ['the declaration', existing(declared.anonymous)],
    ['its name', ANONYMOUS_NAMES.find((name) => survey.roles.has(name))],
  );
  const candidates = candidateRoles(survey, authenticator, anonymous);
  const isService = (name: string) => SERVICE_ROLES.includes(name) && platform === 'supabase';
  const roles = pick<readonly string[]>(
    'the roles',
    ['an option', options.roles && [...new Set([...(anonymous === undefined ? [] : [anonymous]), ...options.roles])]],
    ["the authenticator's memberships", authenticator === undefined ? undefined : filled(candidates)],
    ['grants and policies', filled(candidates)],
  )?.filter((name) => !isService(name));
  const schemas = pick<readonly string[]>(
    'the schemas',
    ['an option', options.schemas],
    ['the environment', existingSchemas(survey, environment.PGRST_DB_SCHEMAS)],
    ["PostgREST's settings in the database", existingSchemas(survey, setting('db_schemas') ?? setting('db_schema'))],
    ['the declaration', filled((declared.schemas ?? []).filter((name) => survey.schemas.has(name)))],
    ['the platform', platform === 'supabase' ? ['public'] : undefined],
    ['what the roles may use', filled(usableSchemas(survey, roles ?? []))],
  );
  if (!roles || roles.length === 0 || !schemas || schemas.length === 0) {
    const missing = !roles || roles.length === 0 ? 'role' : 'schema';
    const fix = missing === 'role' ? 'give --roles, or --authenticator' : 'give --schemas';
    refuse('scope_not_found', `database ${survey.server.database}`, `no ${missing} of an API is found`, fix);
  }
  const extra = environment.PGRST_DB_EXTRA_SEARCH_PATH ?? setting('db_extra_search_path') ?? 'public';
  return {
    schemas,
    extraSchemas: existingSchemas(survey, extra) ?? [],
    roles,
    anonymous,
    authenticator,
    services: candidates.filter(isService),
    platform,
    foundBy: found.join(', '),
  };
}

function checkGiven(survey: Survey, { schemas = [], roles = [], anonymous, authenticator }: ScopeOptions): void {
  for (const name of [...roles, anonymous, authenticator]) {
    if (name === undefined || survey.roles.has(name)) continue;
    refuse('unknown_role', `role "${name}"`, 'it does not exist in the database', 'give one that does');
  }
  for (const name of schemas) {
    if (survey.schemas.has(name)) continue;
    refuse('unknown_schema', `schema "${name}"`, 'it does not exist in the database', 'give one that does');
  }
}

/** The login with PostgREST's settings, or that with its usual name or rights. */
function findAuthenticator({ settings, roles, memberships }: Survey): string | undefined {
  const configured = settings.find(({ role, name }) => role !== null && name.toLowerCase().startsWith('pgrst.'))?.role;
  if (configured != null) return configured;
  const logins = [...roles.values()].filter(({ login, superuser }) => login && !superuser);
  const named =
    logins.find(({ name }) => name === 'authenticator') ?? logins.find(({ name }) => name.includes('authenticator'));
  if (named) return named.name;
  const switching = logins.filter(
    ({ name, inherit }) => !inherit && memberships.some(({ member, set }) => member === name && set),
  );
  return switching.length === 1 ? switching[0]!.name : undefined;
}

/** Roles that a token can name, or that look so where no authenticator is known. */
function candidateRoles(survey: Survey, authenticator: string | undefined, anonymous: string | undefined): string[] {
  const own = anonymous === undefined ? [] : [anonymous];
  if (authenticator !== undefined) {
    const reached = mayBecome(survey, authenticator).filter((name) => {
      const role = survey.roles.get(name)!;
      // Those are findings of their own: they are no roles that an API is made for.
      return !role.superuser && !name.startsWith('pg_');
    });
    return [...new Set([...own, ...reached])].filter((name) => name !== authenticator);
  }
  const named = new Set(
    survey.relations.flatMap(({ grants, policies }) => [
      ...grants.map(({ grantee }) => grantee),
      ...policies.flatMap(({ roles }) => roles),
    ]),
  );
  const plain = [...survey.roles.values()].filter(
    ({ name, login, superuser }) => named.has(name) && !login && !superuser && !name.startsWith('pg_'),
  );
  return [...new Set([...own, ...plain.map(({ name }) => name)])];
}

function usableSchemas({ schemas, relations, functions }: Survey, roles: readonly string[]): string[] {
  const used = new Set(
    [...relations, ...functions].filter(({ extension }) => extension === null).map(({ schema }) => schema),
  );
  return [...schemas.values()]
    .filter(
      ({ name, grants }) =>
        used.has(name) &&
        grants.some(
          ({ grantee, privilege }) => privilege === 'USAGE' && (grantee === 'public' || roles.includes(grantee)),
        ),
    )
    .map(({ name }) => name);
}

function existingSchemas({ schemas }: Survey, list: string | undefined): string[] | undefined {
  const names = list?.split(',').map((name) => name.trim().replace(/^"(.*)"$/, '$1'));
  return filled(names?.filter((name) => schemas.has(name)) ?? []);
}

function filled<Item>(items: readonly Item[]): Item[] | undefined {
  return items.length > 0 ? [...items] : undefined;
}
