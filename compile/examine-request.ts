import { claimPath } from '../declaration/claims.ts';
import { providerOf, roleValues, trustedIssuers } from '../declaration/keys/provider.ts';
import { apiRoles } from '../declaration/roles.ts';
import type { ApiRole, Declaration, Tokens } from '../declaration/types.ts';
import { raw } from '../postgres/statements.ts';
import { claimsInOrder } from './claims-in-order.ts';
import type { DesiredFunction } from './desired-access.ts';
import { functionPart } from './function-part.ts';
import { allowedCalls, callableFunctions } from './may-call.ts';
import type { RevocationSql } from './revocation.ts';

/**
 * Function that examines a request which is not in order at a glance, claim by claim. It contains only the parts that the
 * declaration needs.
 */
export function examineRequestFunction(
  declaration: Declaration,
  everyone: readonly string[],
  { check }: Pick<RevocationSql, 'check'>,
): DesiredFunction {
  const { privateSchema, anonymous } = declaration;
  const roles = apiRoles(declaration);
  return {
    name: 'examine_request',
    arguments: [],
    statement: functionPart('examine-request', {
      private: privateSchema,
      body: functionPart('examine-request-body', {
        anonymous: anonymous?.name ?? '',
        become_mapped_role: raw(becomeMappedRole(declaration)),
        roles: roles.map(({ name }) => name),
        timeouts: roles.map(({ statementTimeoutMs }) => String(statementTimeoutMs)),
        settings: raw(roleSettings(roles)),
        in_order: claimsInOrder(declaration),
        short_names: raw(check.shortNames),
        claims: raw(examination(declaration, check.revocable)),
        revocation: raw(check.isRevoked),
        functions: [...new Set(callableFunctions(declaration).map(({ name }) => name))],
        calls: [...new Set(allowedCalls(declaration).map(({ role, name }) => `${role}/${name}`))],
      }),
    }),
    executableBy: everyone,
  };
}

/** The checks that name the problem of a token. */
function examination({ keys, tokens }: Declaration, revocable: string): string {
  // Mapped roles check the issuer and its audience.
  const { issuer = '', audience = '' }: Partial<Tokens> = providerOf(keys) ? {} : tokens;
  return functionPart('examine-request-claims', {
    required_claims: tokens.requiredClaims,
    issuer,
    audience,
    maximum_age: String(tokens.maximumAgeSeconds ?? 0),
    revocable: raw(revocable),
  });
}

/** Sets what roles are set to, apart from their timeouts; empty if there is nothing. */
function roleSettings(roles: readonly ApiRole[]): string {
  const settings = roles.flatMap(({ name: role, settings: own }) =>
    Object.entries(own).map(([name, value]) => ({ role, name, value })),
  );
  if (settings.length === 0) return '';
  return functionPart('examine-request-settings', {
    setting_roles: settings.map(({ role }) => role),
    setting_names: settings.map(({ name }) => name),
    setting_values: settings.map(({ value }) => value),
  });
}

/** Renders the change to a mapped role; empty if the token itself names the role. */
function becomeMappedRole({ keys, tokens }: Declaration): string {
  const provider = providerOf(keys);
  if (!provider) return '';
  const { roles } = provider;
  const issuers = trustedIssuers(provider, tokens);
  const expectsClaims = Object.values(issuers).some(({ claims }) => Object.keys(claims).length > 0);
  return functionPart('become-mapped-role', {
    issuers: JSON.stringify(issuers),
    role_claim: claimPath(roles.claim),
    space_separated: String(roles.spaceSeparated ?? false),
    map: raw(mappedRoles(roleValues(roles))),
    expected_claims: raw(expectsClaims ? functionPart('expected-claims', {}) : ''),
    otherwise: roles.defaultRole ?? '',
    token_required: String(tokens.isRequired ?? false),
  });
}

/** One condition for all names of a role: the roles stand in the order in which they count. */
function mappedRoles(pairs: readonly (readonly [value: string, role: string])[]): string {
  const roles = [...new Set(pairs.map(([, role]) => role))];
  return roles
    .map((role) => {
      const values = pairs.filter(([, other]) => other === role).map(([value]) => value);
      return functionPart('mapped-role', { values, role });
    })
    .join('');
}
