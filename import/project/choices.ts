import { checkSchemaName } from '../../declaration/names.ts';
import { refuse, SecuredPostgrestError } from '../../errors/secured-postgrest-error.ts';
import type { FoundOutline, FoundRole } from '../database/found.ts';
import type { Note } from '../report/notes.ts';

/** Options of an import; the rest is found out. */
export interface ImportOptions {
  readonly name: string;
  readonly schemas?: readonly string[] | undefined;
  readonly anonymous?: string | undefined;
}

/** Parts that a preset knows of its platform. */
export interface PresetChoices {
  readonly schemas: readonly string[];
  readonly anonymous?: string;
  /** Schemas that the project has beside those of the user. */
  readonly internalSchemas: readonly string[];
  /** Schemas of the platform that the project does without. */
  readonly platformSchemas: readonly string[];
  /** Roles of the platform that no request has. */
  readonly platformRoles: readonly string[];
}

/** The frame of the declaration: which schemas, and which roles. */
export interface Choices {
  readonly name: string;
  readonly exposed: readonly string[];
  readonly internal: readonly string[];
  readonly authenticator?: FoundRole;
  readonly anonymous?: string;
  readonly users: readonly string[];
  readonly notes: readonly Note[];
}

/**
 * Chooses schemas and roles: by the options, by what the login role of PostgREST says, by the preset, and at last by names.
 *
 * @throws SecuredPostgrestError `unknown_schema`, `unknown_role`
 */
export function choose(outline: FoundOutline, options: ImportOptions, preset: PresetChoices): Choices {
  const notes: Note[] = [];
  const authenticator = findAuthenticator(outline.roles);
  const filled = outline.schemas
    .filter(({ name, filled, extension }) => filled && !extension && !preset.platformSchemas.includes(name))
    .map(({ name }) => name);
  const [managed, others] = [filled.filter(canBeDeclared), filled.filter((name) => !canBeDeclared(name))];
  notes.push(...others.map((object): Note => ({ reason: 'undeclared_schema', object })));
  const exposed = exposedSchemas(outline, { options, preset, filled: managed, authenticator, notes });
  const internal = [...new Set([...managed, ...preset.internalSchemas])].filter((name) => !exposed.includes(name));
  const roles = requestRoles(outline, { exposed, internal, authenticator, preset });
  const anonymous = anonymousRole(outline, { options, preset, roles, authenticator, notes });
  return {
    name: options.name,
    exposed,
    internal,
    ...(authenticator && { authenticator }),
    ...(anonymous !== undefined && { anonymous }),
    users: roles.filter((name) => name !== anonymous),
    notes,
  };
}

function canBeDeclared(schema: string): boolean {
  try {
    checkSchemaName(schema, 'schemas');
    return true;
  } catch (error) {
    if (error instanceof SecuredPostgrestError) return false;
    throw error;
  }
}

/** The value of a setting of a role; the last one counts. */
export function settingOf({ settings }: FoundRole, name: string): string | undefined {
  const found = settings.findLast((setting) => setting.startsWith(`${name}=`));
  return found?.slice(name.length + 1);
}

/** A login with settings of PostgREST, or one that is named after its part. */
function findAuthenticator(roles: readonly FoundRole[]): FoundRole | undefined {
  const logins = roles.filter(({ superuser }) => !superuser);
  return (
    logins.find(({ settings }) => settings.some((setting) => setting.startsWith('pgrst.'))) ??
    logins.find(({ name, member_of }) => /(^|_)authenticator$/.test(name) && member_of.length > 0)
  );
}

interface SchemaSources {
  readonly options: ImportOptions;
  readonly preset: PresetChoices;
  readonly filled: readonly string[];
  readonly authenticator: FoundRole | undefined;
  readonly notes: Note[];
}

function exposedSchemas(
  { schemas: found, roles }: FoundOutline,
  { options, preset, filled, authenticator, notes }: SchemaSources,
): readonly string[] {
  const exists = (name: string) => found.some((schema) => schema.name === name);
  for (const name of options.schemas ?? []) {
    if (exists(name)) continue;
    refuse('unknown_schema', '--schemas', `there is no schema "${name}"`, `name some of ${filled.join(', ')}`);
  }
  const set =
    authenticator && (settingOf(authenticator, 'pgrst.db_schemas') ?? settingOf(authenticator, 'pgrst.db_schema'));
  const said = options.schemas ?? listOf(set) ?? nonEmpty(preset.schemas.filter(exists));
  if (said) return said;
  const superusers = roles.filter(({ superuser }) => superuser).map(({ name }) => name);
  const used = filled.filter((name) =>
    found.some((schema) => schema.name === name && schema.used_by.some((role) => !superusers.includes(role))),
  );
  const guess = ['api', 'public'].find((name) => used.includes(name)) ?? used[0] ?? filled[0] ?? 'public';
  if (filled.length > 1) notes.push({ reason: 'schemas_guessed', object: guess });
  return [guess];
}

function requestRoles(
  { roles, schemas }: FoundOutline,
  {
    exposed,
    internal,
    authenticator,
    preset,
  }: {
    exposed: readonly string[];
    internal: readonly string[];
    authenticator: FoundRole | undefined;
    preset: PresetChoices;
  },
): string[] {
  if (authenticator && authenticator.member_of.length > 0) {
    return authenticator.member_of.filter((name) => !preset.platformRoles.includes(name));
  }
  const managed = [...exposed, ...internal];
  const named = new Set(schemas.filter(({ name }) => managed.includes(name)).flatMap((schema) => schema.named_roles));
  return roles
    .filter(({ name, superuser }) => named.has(name) && !superuser && name !== authenticator?.name)
    .map(({ name }) => name)
    .filter((name) => !preset.platformRoles.includes(name));
}

function anonymousRole(
  { roles: found }: FoundOutline,
  {
    options,
    preset,
    roles,
    authenticator,
    notes,
  }: {
    options: ImportOptions;
    preset: PresetChoices;
    roles: readonly string[];
    authenticator: FoundRole | undefined;
    notes: Note[];
  },
): string | undefined {
  if (options.anonymous !== undefined) {
    if (!found.some(({ name }) => name === options.anonymous)) {
      const problem = `there is no role "${options.anonymous}"`;
      refuse('unknown_role', '--anonymous', problem, `name one of ${roles.join(', ') || '(none)'}`);
    }
    return options.anonymous;
  }
  const set = authenticator && settingOf(authenticator, 'pgrst.db_anon_role');
  if (set !== undefined) return set;
  if (preset.anonymous !== undefined && roles.includes(preset.anonymous)) return preset.anonymous;
  const named = roles.find((name) => /(^|web|[_-])(anon|anonymous|guest|public)([_-]|$)/i.test(name));
  if (named !== undefined) notes.push({ reason: 'anonymous_guessed', object: named });
  return named;
}

function listOf(setting: string | undefined): string[] | undefined {
  return nonEmpty(
    (setting ?? '')
      .split(',')
      .map((name) => name.trim())
      .filter(Boolean),
  );
}

function nonEmpty<T extends readonly unknown[]>(list: T): T | undefined {
  return list.length > 0 ? list : undefined;
}
