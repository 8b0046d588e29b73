import { claimPath, readClaim } from '../declaration/claims.ts';
import { effectiveRoles } from '../declaration/roles.ts';
import type { ClaimPath, ClaimType, Declaration, PolicyInput } from '../declaration/types.ts';
import { isCastable } from './castable.ts';
import type { TokenProblem } from './token-problem.ts';

type Claims = Readonly<Record<string, unknown>>;

/** A claim that a policy or a default reads, and what comes of one that has no value. */
interface Reading {
  readonly claim: ClaimPath;
  /** Absent: the type is a matter of SQL. */
  readonly type?: ClaimType;
  readonly isList?: boolean;
  readonly consequence: string;
}

/** Claims that policies or defaults of the role do not find in a served token. It reaches fewer rows than expected. */
export function claimWarnings(claims: Claims, role: string, declaration: Declaration): TokenProblem[] {
  const byProblem = new Map<string, { code: TokenProblem['code']; fix: string; consequences: Set<string> }>();
  for (const reading of readingsOf(role, declaration)) {
    const found = problemOf(claims, reading);
    if (!found) continue;
    const { consequences } = byProblem.get(found.problem) ?? { consequences: new Set() };
    byProblem.set(found.problem, { ...found, consequences: consequences.add(reading.consequence) });
  }
  return [...byProblem].map(([problem, { code, fix, consequences }]) => ({
    code,
    problem: `${problem}: ${[...consequences].join(', ')}`,
    fix,
  }));
}

function readingsOf(role: string, declaration: Declaration): Reading[] {
  const roles = effectiveRoles(role, declaration);
  return declaration.tables.flatMap(({ schema, name, policies, grants, defaults = {} }) => {
    const table = `${schema}.${name}`;
    const inserts = grants.some((grant) => grant.command === 'insert' && roles.has(grant.role));
    return [
      ...policies
        .filter((policy) => policy.roles.some((bound) => roles.has(bound)))
        .flatMap(({ input }) => claimsOf(input, table)),
      ...Object.entries(inserts ? defaults : {}).map(([column, value]) => ({
        ...value,
        consequence: `new rows of ${table} have no default for ${column}`,
      })),
    ];
  });
}

function claimsOf(input: PolicyInput, table: string): Reading[] {
  const consequence = `the ${input.kind} policy of ${table} matches no row`;
  switch (input.kind) {
    case 'own-rows':
    case 'tenant':
      return [{ claim: input.claim, type: input.type, consequence }];
    case 'claim-list':
      return [{ claim: input.claim, type: input.type, isList: true, consequence }];
    case 'membership':
      return [{ claim: input.claim, type: input.memberType, consequence }];
    case 'custom':
      return [input.using, ...(input.check ? [input.check] : [])].flatMap(({ sql }) =>
        [...sql.matchAll(/\bclaim(?:_list)?\(\s*('[^']*'(?:\s*,\s*'[^']*')*)\s*\)/g)].map(([, path = '']) => ({
          claim: [...path.matchAll(/'([^']*)'/g)].map(([, part = '']) => part),
          consequence: `the custom policy of ${table} reads it`,
        })),
      );
    case 'all-rows':
    case 'public-rows':
    case 'valid-between':
      return [];
  }
}

function problemOf(claims: Claims, { claim, type, isList }: Reading): TokenProblem | undefined {
  const name = `its claim "${claimPath(claim).join('.')}"`;
  const value = readClaim(claims, claim);
  if (value === undefined || value === null) {
    return { code: 'missing_claim', problem: `${name} is missing`, fix: 'have it put into the token' };
  }
  const invalid = (problem: string, fix: string) => ({ code: 'invalid_claim' as const, problem, fix });
  if (isList && !Array.isArray(value)) {
    return invalid(`${name} is ${JSON.stringify(value)}, which is no list`, 'write a list');
  }
  const members: readonly unknown[] = isList ? (value as unknown[]) : [value];
  const unfit = type && members.find((member) => !isCastable(asText(member), type));
  return unfit === undefined
    ? undefined
    : invalid(`${name} is ${JSON.stringify(value)}, which is no ${type}`, `write a value of the type ${type}`);
}

/** A claim as Postgres' `#>>` reads it. */
function asText(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}
