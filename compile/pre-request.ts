import { claimPath } from '../declaration/claims.ts';
import { providerOf, roleValues, trustedIssuers } from '../declaration/keys/provider.ts';
import { apiRoles } from '../declaration/roles.ts';
import type { ApiRole, Declaration, QualifiedName, Tokens } from '../declaration/types.ts';
import { packageTemplate, render, type TemplateValues } from '../postgres/template.ts';
import { raw } from '../postgres/statements.ts';
import { claimsInOrder } from './claims-in-order.ts';
import type { DesiredFunction } from './desired-access.ts';
import { mayCall } from './may-call.ts';
import type { RevocationSql } from './revocation.ts';

/** Function that PostgREST calls before each request. It contains only the parts that the declaration needs. */
export function preRequestFunction(
  declaration: Declaration,
  everyone: readonly string[],
  { check }: Pick<RevocationSql, 'check'>,
): DesiredFunction {
  const { privateSchema, anonymous, server } = declaration;
  const roles = apiRoles(declaration);
  return {
    name: 'pre_request',
    arguments: [],
    statement: part('pre-request', {
      private: privateSchema,
      // A function of the user may change rows.
      volatility: raw(server.preRequest ? 'VOLATILE' : 'STABLE'),
      body: part('pre-request-body', {
        anonymous: anonymous?.name ?? '',
        call_own: raw(callOwn(server.preRequest)),
        become_mapped_role: raw(becomeMappedRole(declaration)),
        roles: roles.map(({ name }) => name),
        timeouts: roles.map(({ statementTimeoutMs }) => String(statementTimeoutMs)),
        settings: raw(roleSettings(roles)),
        in_order: claimsInOrder(declaration),
        short_names: raw(check.shortNames),
        examination: raw(examination(declaration, check.revocable)),
        revocation: raw(check.isRevoked),
        ...callableFunctions(declaration),
      }),
    }),
    executableBy: everyone,
  };
}

/** The checks that name the problem of a token. */
function examination({ keys, tokens }: Declaration, revocable: string): string {
  // Mapped roles check the issuer and its audience.
  const { issuer = '', audience = '' }: Partial<Tokens> = providerOf(keys) ? {} : tokens;
  return part('pre-request-examination', {
    required_claims: tokens.requiredClaims,
    issuer,
    audience,
    maximum_age: String(tokens.maximumAgeSeconds ?? 0),
    revocable: raw(revocable),
  }).trimEnd();
}

/** Sets what roles are set to, apart from their timeouts; empty if there is nothing. */
function roleSettings(roles: readonly ApiRole[]): string {
  const settings = roles.flatMap(({ name: role, settings: own }) =>
    Object.entries(own).map(([name, value]) => ({ role, name, value })),
  );
  if (settings.length === 0) return '';
  return part('pre-request-settings', {
    setting_roles: settings.map(({ role }) => role),
    setting_names: settings.map(({ name }) => name),
    setting_values: settings.map(({ value }) => value),
  }).trimEnd();
}

/** Names of the functions that requests may call, and each with the roles that may call it. */
function callableFunctions(declaration: Declaration): { functions: string[]; calls: string[] } {
  const exposed = declaration.functions.filter(({ schema }) => declaration.schemas.includes(schema));
  const calls = apiRoles(declaration).flatMap(({ name: role }) =>
    exposed.filter((fn) => mayCall(role, fn, declaration)).map(({ name }) => `${role}/${name}`),
  );
  return { functions: [...new Set(exposed.map(({ name }) => name))], calls: [...new Set(calls)] };
}

/** Renders the call of the user's own function; empty if none is declared. */
function callOwn(own: QualifiedName | undefined): string {
  return own ? part('call-own', { schema: own.schema, name: own.name }) : '';
}

/** Renders the change to a mapped role; empty if the token itself names the role. */
function becomeMappedRole({ keys, tokens }: Declaration): string {
  const provider = providerOf(keys);
  if (!provider) return '';
  const { roles } = provider;
  const issuers = trustedIssuers(provider, tokens);
  const expectsClaims = Object.values(issuers).some(({ claims }) => Object.keys(claims).length > 0);
  return part('become-mapped-role', {
    issuers: JSON.stringify(issuers),
    role_claim: claimPath(roles.claim),
    space_separated: String(roles.spaceSeparated ?? false),
    map: raw(mappedRoles(roleValues(roles))),
    expected_claims: raw(expectsClaims ? part('expected-claims', {}).trimEnd() : ''),
    otherwise: roles.defaultRole ?? '',
    token_required: String(tokens.isRequired ?? false),
  }).trimEnd();
}

/** One condition for all names of a role: the roles stand in the order in which they count. */
function mappedRoles(pairs: readonly (readonly [value: string, role: string])[]): string {
  const roles = [...new Set(pairs.map(([, role]) => role))];
  return roles
    .map((role) => {
      const values = pairs.filter(([, other]) => other === role).map(([value]) => value);
      return part('mapped-role', { values, role }).trimEnd();
    })
    .join('');
}

function part(name: string, values: TemplateValues): string {
  return render(packageTemplate(`compile/functions/${name}`), values);
}
