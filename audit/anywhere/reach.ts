import type { Grant } from '../../postgres/catalog/acl.ts';
import type { AuditScope } from './find-scope.ts';
import { inheritsFrom } from './rights.ts';
import {
  COMMANDS,
  type RowCommand,
  type Survey,
  type SurveyedFunction,
  type SurveyedPolicy,
  type SurveyedRelation,
} from './survey.ts';

/** A command that a role of requests may use with a relation, as far as grants go. */
export interface Access {
  readonly command: RowCommand;
  /** Columns; undefined for all. */
  readonly columns: readonly string[] | undefined;
}

/** Answers who reaches what in a database. */
export interface Reach {
  /** True if a role has a privilege of an object by these grants: its own, an inherited one, or PUBLIC's. */
  holds(
    role: string,
    object: { readonly owner: string; readonly grants: readonly Grant[] },
    privilege: string,
  ): boolean;
  usesSchema(role: string, schema: string): boolean;
  /** Commands that grants let a role use on a relation whose schema it may use. */
  access(role: string, relation: SurveyedRelation): readonly Access[];
  /** True if the role may use the command, on some columns at least. */
  may(role: string, relation: SurveyedRelation, command: RowCommand): boolean;
  /** True if it may call a function by its name. */
  calls(role: string, fn: SurveyedFunction): boolean;
  /** True if a request names the object itself: it is in an exposed schema. */
  isExposed(object: { readonly schema: string }): boolean;
  /** True if no policy binds the role on the table, whatever the policies are. */
  isUnbound(role: string, table: SurveyedRelation): boolean;
  /** Policies of a table that bind a role for a command. */
  policies(role: string, table: SurveyedRelation, command: RowCommand): readonly SurveyedPolicy[];
  /** The role itself and those whose privileges it has, with `public`. */
  identities(role: string): ReadonlySet<string>;
}

const ALL_OF: Readonly<Record<RowCommand, string>> = {
  select: 'pg_read_all_data',
  insert: 'pg_write_all_data',
  update: 'pg_write_all_data',
  delete: 'pg_write_all_data',
};

export function reachOf(survey: Survey, { schemas }: Pick<AuditScope, 'schemas'>): Reach {
  const exposed = new Set(schemas);
  const known = new Map<string, ReadonlySet<string>>();
  const identities = (role: string) => {
    const found = known.get(role) ?? new Set(['public', role, ...inheritsFrom(survey, role)]);
    known.set(role, found);
    return found;
  };
  const isSuperuser = (role: string) => survey.roles.get(role)?.superuser ?? false;
  const holds: Reach['holds'] = (role, { owner, grants }, privilege) => {
    const own = identities(role);
    return (
      isSuperuser(role) ||
      own.has(owner) ||
      grants.some((grant) => grant.privilege === privilege && own.has(grant.grantee))
    );
  };
  const usesSchema: Reach['usesSchema'] = (role, name) => {
    const schema = survey.schemas.get(name);
    return (
      schema !== undefined &&
      (holds(role, schema, 'USAGE') ||
        identities(role).has('pg_read_all_data') ||
        identities(role).has('pg_write_all_data'))
    );
  };
  const accessKnown = new Map<string, readonly Access[]>();
  const access: Reach['access'] = (role, relation) => {
    const key = `${relation.id} ${role}`;
    const found = accessKnown.get(key) ?? accessOf(role, relation);
    accessKnown.set(key, found);
    return found;
  };
  const accessOf = (role: string, relation: SurveyedRelation): readonly Access[] => {
    if (!usesSchema(role, relation.schema)) return [];
    const own = identities(role);
    return COMMANDS.flatMap((command): Access[] => {
      const privilege = command.toUpperCase();
      if (holds(role, relation, privilege) || own.has(ALL_OF[command])) return [{ command, columns: undefined }];
      const columns = relation.columns
        .filter(({ grants }) => grants.some((grant) => grant.privilege === privilege && own.has(grant.grantee)))
        .map(({ name }) => name);
      return columns.length > 0 ? [{ command, columns }] : [];
    });
  };
  return {
    holds,
    usesSchema,
    access,
    identities,
    may: (role, relation, command) => access(role, relation).some((one) => one.command === command),
    calls: (role, fn) => usesSchema(role, fn.schema) && holds(role, fn, 'EXECUTE'),
    isExposed: ({ schema }) => exposed.has(schema),
    isUnbound: (role, table) =>
      !table.row_security ||
      isSuperuser(role) ||
      (survey.roles.get(role)?.bypass_rls ?? false) ||
      (!table.force_row_security && identities(role).has(table.owner)),
    policies: (role, table, command) => {
      const own = identities(role);
      return table.policies.filter(
        (policy) =>
          (policy.command === null || policy.command === command) && policy.roles.some((name) => own.has(name)),
      );
    },
  };
}
