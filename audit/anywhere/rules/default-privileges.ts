import { quoteIdentifier } from '../../../postgres/quote.ts';
import { fix } from '../../fix.ts';
import type { Found } from '../../rule.ts';
import type { Anywhere } from '../anywhere.ts';
import type { AnywhereRule } from '../anywhere-rule.ts';
import { isPlatformRole } from '../platform-roles.ts';
import { granteesOf, granteeWord, sqlGrantees } from '../request-roles.ts';
import type { SurveyedDefaultPrivileges } from '../survey.ts';
import { listed } from '../words.ts';

const KINDS = { r: 'TABLES', S: 'SEQUENCES', f: 'ROUTINES' } as const;
const ROWS = ['SELECT', 'INSERT', 'UPDATE', 'DELETE'];

export const defaultPrivileges: AnywhereRule = {
  id: 'default_privileges',
  topic: 'exposure',
  levels: ['warning', 'info'],
  subject: 'grants',
  why: 'A table has no row security when it is made. With such a default, requests without a token reach it at once.',
  otherLevelWhen:
    'for roles that need a token, for functions and sequences, where an event trigger turns row security on, ' +
    'and for the defaults of Supabase itself',
  fix: 'Revoke the default privileges. Grant each table when its policies are written.',
  find: (audited) =>
    audited.survey.defaultPrivileges.flatMap((defaults) => {
      const { scope, reach } = audited;
      if (!isKnown(defaults.kind) || isSupabasesOwn(audited, defaults)) return [];
      const grantees = granteesOf(
        audited,
        defaults.grants,
        (privilege) => defaults.kind !== 'r' || ROWS.includes(privilege),
        // Postgres itself lets PUBLIC execute new functions: a default for every schema only repeats it.
      ).filter((grantee) => !(grantee === 'public' && defaults.kind === 'f' && defaults.schema === null));
      const made = scope.schemas.filter(
        (schema) => (defaults.schema ?? schema) === schema && mayCreate(audited, defaults.role, schema),
      );
      const { anonymous } = scope;
      const isOpen = (grantee: string) =>
        defaults.kind === 'r' &&
        anonymous !== undefined &&
        reach.identities(anonymous).has(grantee) &&
        made.some((schema) => reach.usesSchema(anonymous, schema)) &&
        !turnsRowSecurityOn(audited) &&
        !(isPlatformRole(scope, defaults.role) && defaults.schema === 'public');
      const open = grantees.filter(isOpen);
      const others = grantees.filter((grantee) => !isOpen(grantee));
      return [...found(defaults, 'warning', open, made), ...found(defaults, 'info', others, made)];
    }),
};

function isKnown(kind: SurveyedDefaultPrivileges['kind']): kind is keyof typeof KINDS {
  return kind in KINDS;
}

function found(
  { role, schema, kind }: SurveyedDefaultPrivileges,
  level: 'warning' | 'info',
  grantees: readonly string[],
  made: readonly string[],
): Found[] {
  if (grantees.length === 0 || made.length === 0) return [];
  const objects = KINDS[kind as keyof typeof KINDS];
  const where = schema === null ? '' : ` IN SCHEMA ${quoteIdentifier(schema)}`;
  return [
    {
      level,
      object: { kind: 'default acl', name: role, text: `default privileges of ${role}` },
      problem: `grant later ${objects.toLowerCase()} in ${listed(made)} to ${listed(grantees.map(granteeWord))}`,
      fix: fix(
        'revoke them, and grant each object when it is made',
        `ALTER DEFAULT PRIVILEGES FOR ROLE ${quoteIdentifier(role)}${where} REVOKE ALL ON ${objects} FROM ${sqlGrantees(grantees)}`,
      ),
    },
  ];
}

function mayCreate({ survey, reach }: Anywhere, role: string, name: string): boolean {
  const schema = survey.schemas.get(name);
  return schema !== undefined && survey.roles.has(role) && reach.holds(role, schema, 'CREATE');
}

/** Default privileges that Supabase sets up for objects that nobody but itself makes, and for functions and sequences of each project. */
function isSupabasesOwn({ scope }: Anywhere, { role, kind, schema }: SurveyedDefaultPrivileges): boolean {
  return isPlatformRole(scope, role) && (role !== 'postgres' || (kind !== 'r' && schema === 'public'));
}

function turnsRowSecurityOn({ survey, texts }: Anywhere): boolean {
  const run = new Set(survey.eventTriggers.map((trigger) => trigger.function));
  return survey.functions.some(
    (fn) => run.has(fn.signature) && /\benable\s+row\s+level\s+security\b/i.test(texts.bodyOf(fn)),
  );
}
