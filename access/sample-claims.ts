import { claimPath, setClaim } from '../declaration/claims.ts';
import { providerOf } from '../declaration/keys/provider.ts';
import { effectiveRoles } from '../declaration/roles.ts';
import type { ClaimPath, ClaimType, Declaration } from '../declaration/types.ts';

/**
 * Makes a value for each claim that the role's policies read. It is the first value of its type, so that a seed can
 * match it. Required claims get one as well, except those that the signer of a token adds (RFC 7519, 4.1).
 *
 * @example
 * sampleClaims(declaration, 'todos_user'); // { user_id: 1 }
 */
export function sampleClaims(declaration: Declaration, role: string): Record<string, unknown> {
  const { tables, tokens } = declaration;
  const roles = effectiveRoles(role, declaration);
  const claims: Record<string, unknown> = {};
  const policies = tables
    .flatMap((table) => table.policies)
    .filter((policy) => policy.roles.some((name) => roles.has(name)));
  for (const { input } of policies) {
    if (!('claim' in input) || isOfSigner(declaration, input.claim)) continue;
    const sample = sampleOf(input.kind === 'membership' ? input.memberType : input.type);
    const value = TEXTS.includes(nameOf(input.claim)) ? String(sample) : sample;
    setClaim(claims, input.claim, input.kind === 'claim-list' ? [value] : value);
  }
  // After the others: a claim that a policy reads has a type.
  if (tokens.revocation && !REGISTERED_CLAIMS.includes(tokens.revocation.subject[0]!)) {
    setClaim(claims, tokens.revocation.subject, 'sample');
  }
  for (const name of tokens.requiredClaims) if (!REGISTERED_CLAIMS.includes(name)) claims[name] ??= 'sample';
  return claims;
}

/** Claims that are texts in every token, whatever type a policy reads them as. */
const TEXTS: readonly unknown[] = ['sub', 'iss', 'aud'];

/** Tests if the declaration or the signer, not a policy, determines the claim. */
function isOfSigner({ keys, tokens }: Declaration, claim: ClaimPath): boolean {
  const name = nameOf(claim);
  const { issuer, audience } = providerOf(keys) ?? tokens;
  if (name === 'iss') return issuer !== undefined;
  if (name === 'aud') return audience !== undefined;
  return ['role', 'exp', 'nbf', 'iat', 'jti'].includes(name);
}

function nameOf(claim: ClaimPath): string {
  return claimPath(claim)[0] ?? '';
}

const REGISTERED_CLAIMS = ['role', 'iss', 'aud', 'sub', 'exp', 'nbf', 'iat', 'jti'];

function sampleOf(type: ClaimType): unknown {
  switch (type) {
    case 'uuid':
      return '00000000-0000-0000-0000-000000000001';
    case 'boolean':
      return true;
    case 'text':
      return 'sample';
    default:
      return 1;
  }
}
