import { providerOf } from '../declaration/keys/provider.ts';
import { apiRoles } from '../declaration/roles.ts';
import type { ApiRole, Declaration, Provider, RoleMapping } from '../declaration/types.ts';
import { quoteLiteral } from '../postgres/quote.ts';
import { raw } from '../postgres/statements.ts';
import { claimsInOrder } from './claims-in-order.ts';
import type { DesiredFunction } from './desired-access.ts';
import { functionPart } from './function-part.ts';
import { allowedCalls } from './may-call.ts';
import { heldRoles, providerInOrder } from './provider-in-order.ts';

const CLAIMS = raw("pg_catalog.current_setting('request.jwt.claims', true)::pg_catalog.jsonb");
const OWN_TIMEOUT = "pg_catalog.current_setting('statement_timeout')";

/**
 * Function that PostgREST calls before each request. One expression judges most of them at a glance, and `examine_request` the
 * others: it does the same for each request that the glance lets pass.
 */
export function preRequestFunction(declaration: Declaration, everyone: readonly string[]): DesiredFunction {
  const { privateSchema, server } = declaration;
  const own = server.preRequest;
  const kind = own ? 'pre-request-with-own' : 'pre-request';
  return {
    name: 'pre_request',
    arguments: [],
    statement: functionPart(kind, {
      private: privateSchema,
      body: functionPart(`${kind}-body`, { glance: raw(glance(declaration)), ...own }),
    }),
    executableBy: everyone,
  };
}

/** It calls few functions: to prepare the call of one costs each request up to a microsecond, also where it is not evaluated. */
function glance(declaration: Declaration): string {
  const { keys, privateSchema, tokens } = declaration;
  const provider = providerOf(keys);
  const role = raw(provider ? chosenRole(provider) : 'current_user');
  return functionPart('glance', {
    private: privateSchema,
    in_order: raw(inOrder(declaration)),
    may_call: raw(mayCallFunctions(declaration, role)),
    has_no_settings: raw(hasNoSettings(declaration, role)),
    become: raw(provider ? becomeRole(provider, role) : ''),
    timeout: raw(timeout(declaration)),
    not_revoked: raw(tokens.revocation ? functionPart('glance-not-revoked', { private: privateSchema }) : ''),
  });
}

type Fragment = ReturnType<typeof raw>;

function inOrder(declaration: Declaration): string {
  const { anonymous, keys, tokens } = declaration;
  const provider = providerOf(keys);
  const paths = [claimsInOrder(declaration)];
  if (provider) paths.push(providerInOrder(provider, tokens));
  // PostgREST takes the role from the claim.
  else if (shareTimeout(declaration)) paths.push(`(${apiRoles(declaration).map(isRole).join(' || ')})`);
  const withToken = functionPart('glance-with-token', { claims: CLAIMS, in_order: paths.join(' && ') });
  // Those of a provider become another role, which a request without a token does not.
  if (!anonymous || provider) return withToken;
  return functionPart('glance-without-token', {
    anonymous: anonymous.name,
    claims: JSON.stringify({ role: anonymous.name }),
    with_token: raw(withToken),
  });
}

function isRole({ name }: ApiRole): string {
  return `$.role == ${JSON.stringify(name)}`;
}

function mayCallFunctions(declaration: Declaration, role: Fragment): string {
  // A role and a path have one spelling together. Of names that a client writes in several ways, each is examined.
  const calls = allowedCalls(declaration)
    .filter(({ name }) => !/[%/]/.test(name))
    .map(({ role, name }) => `${role}/rpc/${name}`);
  return calls.length > 0 ? functionPart('glance-may-call', { role, calls: [...new Set(calls)] }) : '';
}

function hasNoSettings(declaration: Declaration, role: Fragment): string {
  const roles = apiRoles(declaration).filter(({ settings }) => Object.keys(settings).length > 0);
  if (roles.length === 0) return '';
  return functionPart('glance-has-no-settings', { role, setting_roles: roles.map(({ name }) => name) });
}

/** Makes the role that of the request, and has the claims name it, as PostgREST does. */
function becomeRole({ roles }: Provider, role: Fragment): string {
  const [only, ...others] = possibleRoles(roles);
  const claim =
    others.length === 0
      ? functionPart('glance-one-role-claim', { claim: JSON.stringify({ role: only }) })
      : functionPart('glance-role-claim', {});
  return functionPart('glance-become', { role, claims: CLAIMS, role_claim: raw(claim) });
}

/** The role of a provider's token, for claims in which one is in order. */
function chosenRole({ roles }: Provider): string {
  const [only, ...others] = possibleRoles(roles);
  if (others.length === 0) return quoteLiteral(only!);
  const arms = heldRoles(roles).map((one) => functionPart('glance-held-role', { claims: CLAIMS, ...one }));
  // In order without a default role is what names one: it has the last one where it has none of the others.
  return `CASE${(roles.defaultRole === undefined ? arms.slice(0, -1) : arms).join('')} ELSE ${quoteLiteral(others.at(-1)!)} END`;
}

/** The timeout of the current role; of one that is not declared, what it has. */
function timeout(declaration: Declaration): string {
  if (shareTimeout(declaration)) return quoteLiteral(timeoutsOf(declaration)[0]!);
  const arms = timeoutsOf(declaration).map((timeout) => {
    const roles = apiRoles(declaration).filter(({ statementTimeoutMs }) => String(statementTimeoutMs) === timeout);
    return functionPart('glance-timeout', { timeout, roles: roles.map(({ name }) => name) });
  });
  return arms.length === 0
    ? OWN_TIMEOUT
    : functionPart('glance-timeouts', { arms: raw(arms.join('')), otherwise: raw(OWN_TIMEOUT) });
}

function shareTimeout(declaration: Declaration): boolean {
  return timeoutsOf(declaration).length === 1;
}

/** In the order in which they count. */
function possibleRoles(roles: RoleMapping): string[] {
  return [...heldRoles(roles).map(({ role }) => role), ...(roles.defaultRole === undefined ? [] : [roles.defaultRole])];
}

function timeoutsOf(declaration: Declaration): string[] {
  return [...new Set(apiRoles(declaration).map(({ statementTimeoutMs }) => String(statementTimeoutMs)))];
}
