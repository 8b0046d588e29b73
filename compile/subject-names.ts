import { claimPath } from '../declaration/claims.ts';
import { raw } from '../postgres/statements.ts';
import { packageTemplate, render } from '../postgres/template.ts';
import type { ClaimPath, Declaration, PolicyInput, Revocation, SubjectType } from '../declaration/types.ts';

/** A family of types whose values have one spelling each. */
type Family = 'uuid' | 'number' | 'boolean' | 'citext';

const FAMILIES: Readonly<Record<SubjectType, Family | undefined>> = {
  text: undefined,
  uuid: 'uuid',
  int: 'number',
  int2: 'number',
  int4: 'number',
  int8: 'number',
  bigint: 'number',
  numeric: 'number',
  boolean: 'boolean',
  citext: 'citext',
};

/** The types in which a subject is compared, by what the declaration and its policies say. */
export function subjectTypes(declaration: Declaration, { subject, subjectTypes }: Revocation): readonly SubjectType[] {
  const policies = declaration.tables.flatMap((table) => table.policies).map(({ input }) => input);
  const known = policies.flatMap((policy) => typeOf(policy, subject));
  // The types to which custom SQL casts the claim are unknown.
  const isKnown = known.length > 0 && !policies.some((policy) => names(policy, subject));
  return [...new Set([...(subjectTypes ?? (isKnown ? [] : (['uuid', 'numeric'] as const))), ...known])];
}

/** Rendered for the function that tells them, each name once. */
export function subjectNames(declaration: Declaration, revocation: Revocation): string {
  const families = new Set(subjectTypes(declaration, revocation).map((type) => FAMILIES[type]));
  const own = { private: declaration.privateSchema };
  const others = [...families]
    .filter((family) => family !== undefined)
    .map((family) => render(packageTemplate(`compile/revocation/names/${family}`), own).trim());
  return ['subject', ...others].join(', ');
}

/** Condition, as SQL, that is true for most subjects with no name but their own spelling, and no longer than an index allows. */
export function oneName(declaration: Declaration, revocation: Revocation): string {
  const families = new Set(subjectTypes(declaration, revocation).map((type) => FAMILIES[type]));
  families.delete(undefined);
  // Numbers are names of boolean values.
  if (families.has('boolean')) return 'false';
  const kind = families.size === 0 ? 'short' : 'canonical';
  return render(packageTemplate(`compile/revocation/one-name/${kind}`), {
    subject: raw(subjectText(revocation)),
  }).trim();
}

/** The subject as text, as SQL. */
export function subjectText({ subject }: Revocation): string {
  // An operator without a list is a microsecond faster.
  const place = subject.length === 1 ? 'subject-at-top' : 'subject';
  return render(packageTemplate(`compile/revocation/${place}`), { path: subject }).trim();
}

/** Tests if a claim is the one that names a token's subject. */
export function isSubject(claim: ClaimPath, { subject }: Revocation): boolean {
  return isSame(claimPath(claim), subject);
}

function typeOf(policy: PolicyInput, subject: readonly string[]): SubjectType[] {
  switch (policy.kind) {
    case 'own-rows':
    case 'tenant':
      return isSame(claimPath(policy.claim), subject) ? [policy.type] : [];
    case 'membership':
      return isSame(claimPath(policy.claim), subject) ? [policy.memberType] : [];
    default:
      return [];
  }
}

function names(policy: PolicyInput, subject: readonly string[]): boolean {
  if (policy.kind !== 'custom') return false;
  return [policy.using, policy.check].some((source) => source?.sql.includes(subject.at(-1)!));
}

function isSame(path: readonly string[], other: readonly string[]): boolean {
  return path.length === other.length && path.every((name, at) => name === other[at]);
}
