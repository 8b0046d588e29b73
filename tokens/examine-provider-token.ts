import { claimPath, readClaim } from '../declaration/claims.ts';
import { providerOf, roleValues, trustedIssuers, type IssuerRules } from '../declaration/keys/provider.ts';
import type { Declaration, Provider, RoleMapping } from '../declaration/types.ts';
import type { TokenProblem } from './token-problem.ts';

type Claims = Readonly<Record<string, unknown>>;

/** Checks a token against a declared provider and finds its role, as `become-mapped-role.sql` does. */
export function examineProviderToken(
  claims: Claims,
  declaration: Declaration,
): { readonly problems: readonly TokenProblem[]; readonly role?: string } {
  const { keys, tokens, anonymous } = declaration;
  const provider = providerOf(keys)!;
  // PostgREST overwrites `role`.
  if (Object.keys(claims).every((name) => name === 'role')) {
    const nobody = { code: 'no_anonymous_role', problem: 'it says nothing', fix: 'get one from the provider' } as const;
    return tokens.isRequired ? { problems: [nobody] } : { problems: [], ...(anonymous && { role: anonymous.name }) };
  }
  const role = mappedRole(claims, provider.roles);
  return {
    problems: [...issuerProblems(claims, provider, tokens), ...(role === undefined ? [unmapped(provider.roles)] : [])],
    ...(role !== undefined && { role }),
  };
}

function issuerProblems(claims: Claims, provider: Provider, tokens: Declaration['tokens']): TokenProblem[] {
  const issuers = trustedIssuers(provider, tokens);
  const issuer = claims['iss'];
  if (typeof issuer === 'string' && Object.hasOwn(issuers, issuer)) return ruleProblems(claims, issuers[issuer]!);
  const trusted = Object.keys(issuers).join('" or "');
  return [
    {
      code: 'wrong_issuer',
      problem: `its issuer is ${JSON.stringify(issuer) ?? 'none'}, not "${trusted}"`,
      fix: 'get one from the declared issuer',
    },
  ];
}

function ruleProblems(claims: Claims, { audience, claims: expected }: IssuerRules): TokenProblem[] {
  const { aud } = claims;
  const isFor = audience === undefined || aud === audience || (Array.isArray(aud) && aud.includes(audience));
  return [
    ...(isFor
      ? []
      : [
          {
            code: 'wrong_audience' as const,
            problem: `it is for ${JSON.stringify(aud) ?? 'none'}, not for "${audience}"`,
            fix: 'ask for one for this API',
          },
        ]),
    ...Object.entries(expected)
      .filter(([name, allowed]) => !allowed.some((text) => text === claims[name]))
      .map(([name, allowed]) => ({
        code: 'wrong_claim' as const,
        problem: `its claim "${name}" is ${JSON.stringify(claims[name]) ?? 'none'}, not "${allowed.join('" or "')}"`,
        fix: 'get a token of this kind, for this application',
      })),
  ];
}

/** The declared role for what a token says. */
function mappedRole(claims: Claims, mapping: RoleMapping): string | undefined {
  const said = readClaim(claims, mapping.claim);
  const held: readonly unknown[] = Array.isArray(said)
    ? said
    : typeof said === 'string' && mapping.spaceSeparated
      ? said.split(' ')
      : [said];
  return roleValues(mapping).find(([value]) => held.includes(value))?.[1] ?? mapping.defaultRole;
}

function unmapped({ claim, map }: RoleMapping): TokenProblem {
  const known = Object.values(map).flat().join(', ');
  return {
    code: 'unknown_role',
    problem: `its claim "${claimPath(claim).join('.')}" has none of the mapped names (${known})`,
    fix: 'give its user one of them at the provider',
  };
}
