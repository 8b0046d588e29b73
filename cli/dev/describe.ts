import { curlLine } from '../../explorer/curl-line.ts';
import type { EphemeralPostgrest } from '../../testing/index.ts';
import { identitiesOf } from './identities.ts';

/** Describes the roles with tokens and sample requests. */
export async function describeRoles(environment: EphemeralPostgrest): Promise<string> {
  const { url, declaration } = environment;
  const identities = await identitiesOf(environment);
  const roles = identities.flatMap(({ role, claims, token }) =>
    token === undefined
      ? [`  ${role}: requests without a token`]
      : [`  ${role}: claims ${JSON.stringify(claims)}, token`, `    ${token}`],
  );
  const requests = identities.map(({ role, token }) => `  ${curlLine(url, declaration, role, token)}`);
  return ['roles:', ...roles, '', 'try:', ...requests].join('\n');
}

/** The URL on the first line, then who may ask, then what else there is. */
export async function describe(environment: EphemeralPostgrest, explorerLink: string | undefined): Promise<string> {
  const { url, declaration } = environment;
  const addresses = [
    ...(declaration.server.openApi === 'disabled' ? [] : [`OpenAPI, of the role that asks: ${url}/`]),
    ...(explorerLink === undefined ? [] : [`try it as each role: ${explorerLink}`]),
  ];
  return [
    url,
    '',
    await describeRoles(environment),
    '',
    ...(addresses.length === 0 ? [] : [...addresses, '']),
    'Ctrl-C ends it.',
  ].join('\n');
}
