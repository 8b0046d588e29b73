import { claimPath } from '../declaration/claims.ts';
import { roleValues, trustedIssuers } from '../declaration/keys/provider.ts';
import type { Provider, RoleMapping, Tokens } from '../declaration/types.ts';
import { isBelowObjects, member } from './claims-in-order.ts';

/** A role, and the JSON path that is true for claims with a name of it. */
export interface HeldRole {
  readonly role: string;
  readonly held: string;
}

/** The declared roles of a mapping, in the order in which they count. */
export function heldRoles(roles: RoleMapping): HeldRole[] {
  const pairs = roleValues(roles);
  return [...new Set(pairs.map(([, role]) => role))].map((role) => ({
    role,
    held: pairs
      .filter(([, other]) => other === role)
      .map(([value]) => holds(value, roles))
      .join(' || '),
  }));
}

/**
 * JSON path that is true for claims in which the mapping of roles finds no problem, and a role. It may be false, null or an
 * error for other claims that have none: `examine_request` maps the roles of these.
 */
export function providerInOrder(provider: Provider, tokens: Tokens): string {
  const { roles } = provider;
  const issuers = Object.entries(trustedIssuers(provider, tokens)).map(([issuer, { audience, claims }]) =>
    [
      `$.iss == ${JSON.stringify(issuer)}`,
      ...(audience === undefined ? [] : [`$.aud == ${JSON.stringify(audience)}`]),
      ...Object.entries(claims).flatMap(([claim, allowed]) => [
        `${member([claim])}.type() == "string"`,
        `(${allowed.map((value) => `${member([claim])} == ${JSON.stringify(value)}`).join(' || ')})`,
      ]),
    ].join(' && '),
  );
  const held = heldRoles(roles).map((one) => one.held);
  return [
    '$.iss.type() == "string"',
    `(${issuers.join(' || ')})`,
    ...isBelowObjects(claimPath(roles.claim)),
    ...(roles.defaultRole === undefined ? [`(${held.join(' || ')})`] : []),
  ].join(' && ');
}

/** A comparison reads the members of a list. */
function holds(value: string, { claim, spaceSeparated }: RoleMapping): string {
  const said = member(claimPath(claim));
  const isSame = `${said} == ${JSON.stringify(value)}`;
  if (!spaceSeparated) return isSame;
  const inList = `${said}.type() == "array" && ${isSame}`;
  // A text that is split at its spaces has no such part.
  if (value.includes(' ')) return `(${inList})`;
  const part = value === '' ? '^ | $|  ' : `(^| )${value.replace(/[!-/:-@[-`{-~]/g, String.raw`\$&`)}( |$)`;
  return `(${inList} || ${said}.type() == "string" && ${said} like_regex ${JSON.stringify(part)})`;
}
