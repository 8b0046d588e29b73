import { checkPublicKeys } from './key-set.ts';
import { refuse } from '../../errors/secured-postgrest-error.ts';
import { claimPath, setClaim } from '../claims.ts';
import { isObject } from '../is-object.ts';
import { isLoopback } from '../loopback.ts';
import { checkKnownRole, type Roles } from '../roles.ts';
import type { KeySource, Provider, RoleMapping, TokenRules } from '../types.ts';

/** The provider whose tokens are trusted, if any. */
export function providerOf(keys: KeySource): Provider | undefined {
  return 'provider' in keys ? keys.provider : undefined;
}

/** The declared keys that are not the provider's; also of a source that `declare` has not read, which may have the old name. */
export function ownKeys(keys: KeySource): Exclude<KeySource, { provider: unknown }> | undefined {
  return 'provider' in keys ? (keys.additionalKeys ?? keys.own) : keys;
}

/** Required claims of one issuer's tokens. */
export interface IssuerRules {
  readonly audience?: string;
  /** Claims, and the texts that each may have. */
  readonly claims: Readonly<Record<string, readonly string[]>>;
}

/** The issuers whose tokens are taken: the provider, and the one of own tokens. */
export function trustedIssuers(
  provider: Provider,
  own: Pick<TokenRules, 'issuer' | 'audience'>,
): Readonly<Record<string, IssuerRules>> {
  return {
    [provider.issuer]: {
      ...(provider.audience !== undefined && { audience: provider.audience }),
      claims: Object.fromEntries(
        Object.entries(provider.claims ?? {}).map(([claim, allowed]) => [claim, listOf(allowed)]),
      ),
    },
    ...(own.issuer !== undefined && {
      [own.issuer]: { ...(own.audience !== undefined && { audience: own.audience }), claims: {} },
    }),
  };
}

/**
 * Claims that the tokens of a provider carry besides issuer and audience, so that requests with them have a role; the name of one
 * that is not mapped is said as it is.
 *
 * @param claims what else they say
 */
export function tokenClaims(
  { claims: expected = {}, roles }: Provider,
  role: string,
  claims: Readonly<Record<string, unknown>>,
): Record<string, unknown> {
  const [value = role] = listOf(roles.map[role] ?? []);
  const said: Record<string, unknown> = {};
  if (role !== roles.defaultRole) setClaim(said, roles.claim, roles.spaceSeparated ? value : [value]);
  return {
    ...Object.fromEntries(Object.entries(expected).map(([claim, allowed]) => [claim, listOf(allowed)[0]])),
    ...merged(said, claims),
  };
}

/** Merges two rules; given members take precedence. */
function merged(base: Readonly<Record<string, unknown>>, given: Readonly<Record<string, unknown>>) {
  const both: Record<string, unknown> = { ...base, ...given };
  for (const [name, value] of Object.entries(base)) {
    const other = given[name];
    if (isObject(value) && isObject(other)) both[name] = merged(value, other);
  }
  return both;
}

/** Each of the provider's names with the declared role that it stands for, in the order in which they count. */
export function roleValues({ map }: RoleMapping): [value: string, role: string][] {
  return Object.entries(map).flatMap(([role, values]) =>
    listOf(values).map((value): [string, string] => [value, role]),
  );
}

export function listOf<T extends string>(values: T | readonly T[]): readonly T[] {
  return typeof values === 'string' ? [values] : values;
}

function hasCredentials(text: string): boolean {
  if (!URL.canParse(text)) return false;
  const { username, password } = new URL(text);
  return username !== '' || password !== '';
}

/** The parts of a URL that contain no secret: without credentials, query and fragment. */
export function withoutSecrets(text: string): string {
  const { protocol, host, pathname } = URL.canParse(text) ? new URL(text) : { host: '' };
  return host === '' ? text : `${protocol}//${host}${pathname}`;
}

/** Tests if a URL is safe for keys, tokens and passwords: encrypted, or on this machine. */
export function isSafeUrl(text: string): boolean {
  if (!URL.canParse(text) || hasCredentials(text)) return false;
  const url = new URL(text);
  return url.protocol === 'https:' || (url.protocol === 'http:' && isLoopback(url.hostname));
}

/**
 * Checks a provider, its role mapping and what is declared of own tokens beside it.
 *
 * @throws SecuredPostgrestError `invalid_provider`, `unknown_role`, and what key sets are refused for
 */
export function checkProvider(keys: KeySource, tokens: TokenRules, roles: Roles): void {
  const provider = providerOf(keys);
  if (!provider) return;
  const place = 'keys.provider';
  checkUrls(provider, place);
  if (provider.audience === undefined && Object.keys(provider.claims ?? {}).length === 0) {
    refuse(
      'invalid_provider',
      place,
      'it says of no claim whom a token is for, and the provider issues tokens for others too',
      'give audience, or claims such as { client_id: ... }',
    );
  }
  if (provider.jwks !== undefined) checkPublicKeys(provider.jwks, `${place}.jwks`);
  checkMapping(provider.roles, `${place}.roles`, roles);
  checkOwnTokens(provider, keys, tokens);
}

function checkUrls({ issuer, jwksUri }: Provider, place: string): void {
  for (const [name, url] of Object.entries({ issuer, jwksUri })) {
    if (url === undefined || isSafeUrl(url)) continue;
    const problem = hasCredentials(url) ? 'contains a user name or a password' : 'is no https URL';
    const fix = hasCredentials(url) ? 'leave them out' : 'give the one of the provider; http is for this machine only';
    refuse('invalid_provider', `${place}.${name}`, `"${withoutSecrets(url)}" ${problem}`, fix);
  }
}

function checkMapping(mapping: RoleMapping, place: string, roles: Roles): void {
  const users = { ...roles, anonymous: undefined } as Omit<Roles, 'anonymous'>;
  const check = (role: string, at: string) => {
    if (role === roles.anonymous?.name) {
      refuse('unknown_role', at, `"${role}" is the role of requests without a token`, 'name a role of roles.users');
    }
    checkKnownRole(role, at, users);
  };
  for (const role of Object.keys(mapping.map)) check(role, `${place}.map`);
  if (mapping.defaultRole !== undefined) check(mapping.defaultRole, `${place}.defaultRole`);
  if (mapping.defaultRole === undefined && Object.keys(mapping.map).length === 0) {
    refuse('invalid_provider', `${place}.map`, 'no token gets a role', 'map a declared role, or give defaultRole');
  }
  if (claimPath(mapping.claim)[0] === 'role') {
    refuse(
      'invalid_provider',
      `${place}.claim`,
      'PostgREST overwrites the claim "role"',
      'have the provider put its roles into another claim',
    );
  }
  const values = roleValues(mapping).map(([value]) => value);
  const twice = values.find((value, index) => values.indexOf(value) !== index);
  if (twice !== undefined) {
    refuse('invalid_provider', `${place}.map`, `"${twice}" stands for two roles`, 'leave it with one of them');
  }
}

function checkOwnTokens({ issuer }: Provider, keys: KeySource, tokens: TokenRules): void {
  if (!ownKeys(keys)) {
    const misplaced = (['issuer', 'audience'] as const).find((name) => tokens[name] !== undefined);
    if (misplaced === undefined) return;
    refuse('invalid_provider', `tokens.${misplaced}`, 'there are no own keys', 'give it as a part of keys.provider');
  }
  if (tokens.issuer === undefined || tokens.issuer === issuer) {
    refuse(
      'invalid_provider',
      'tokens.issuer',
      'own tokens could be taken for those of the provider',
      'give own tokens an issuer of their own',
    );
  }
}
