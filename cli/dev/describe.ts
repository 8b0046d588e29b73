import { bearer, curlLine } from '../../explorer/curl-line.ts';
import type { EphemeralPostgrest } from '../../testing/index.ts';
import { identitiesOf } from './identities.ts';
import { shortToken, type TokenFiles } from './token-files.ts';

/** Tokens as they are shown. */
export interface ShownTokens {
  /** Claims beside the sample claims, or in their place. */
  readonly claims: Readonly<Record<string, unknown>>;
  /** Files with the tokens. @default the tokens are shown whole */
  readonly tokenFiles?: TokenFiles | undefined;
}

/** Describes the roles with tokens and sample requests. */
export async function describeRoles(
  environment: EphemeralPostgrest,
  { claims: own, tokenFiles }: ShownTokens,
): Promise<string> {
  const { url, declaration } = environment;
  const identities = (await identitiesOf(environment, own)).map(({ role, claims, token }) => ({
    role,
    claims,
    ...(token !== undefined && { token, file: tokenFiles?.write(role, token) }),
  }));
  const roles = identities.map(({ role, claims, token, file }) => {
    if (token === undefined) return `  ${role}: requests without a token`;
    const shown = file === undefined ? token : `${shortToken(token)} in ${file}`;
    return `  ${role}: claims ${JSON.stringify(claims)}, token\n    ${shown}`;
  });
  const requests = identities.map(({ role, token, file }) => {
    const header = file === undefined ? token && bearer(token) : `@${file}`;
    return `  ${curlLine(url, declaration, role, header)}`;
  });
  return ['roles:', ...roles, '', 'try:', ...requests].join('\n');
}

/** The URL on the first line, then who may ask, then what else there is. */
export async function describe(
  environment: EphemeralPostgrest,
  explorerLink: string | undefined,
  tokens: ShownTokens,
): Promise<string> {
  const { url, databaseUrl, declaration } = environment;
  const addresses = [
    ...(declaration.server.openApi === 'disabled' ? [] : [`OpenAPI, of the role that asks: ${url}/`]),
    `database, as its admin: ${databaseUrl}`,
    ...(explorerLink === undefined ? [] : [`try it as each role: ${explorerLink}`]),
  ];
  return [url, '', await describeRoles(environment, tokens), '', ...addresses, '', 'Ctrl-C ends it.'].join('\n');
}
