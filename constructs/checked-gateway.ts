import type { Version } from '../declaration/releases/versions.ts';
import { apiRoles } from '../declaration/roles.ts';
import type { Declaration } from '../declaration/types.ts';
import { checkGateway, type Gateway, type GatewayInput, limitsFor } from '../gateway/index.ts';

/** The server waits for a connection, and a client for the answer's way. */
const ANSWER_MARGIN_SECONDS = 15;

/**
 * The options of a gateway with the defaults that follow from the declaration and PostgREST's version.
 *
 * @throws SecuredPostgrestError `invalid_prop`
 */
export function checkedGateway(
  place: string,
  declaration: Declaration,
  serverVersion: Version,
  given: GatewayInput,
): Gateway {
  return checkGateway(place, {
    ...given,
    limits: { ...limitsFor(serverVersion, declaration.server.settings), ...given.limits },
    timeouts: { answerSeconds: longestAnswer(declaration), ...given.timeouts },
  });
}

/** A request waits for a connection, and then for as long as its role may. */
function longestAnswer(declaration: Declaration): number {
  const longest = Math.max(...apiRoles(declaration).map(({ statementTimeoutMs }) => statementTimeoutMs), 0);
  return Math.ceil(longest / 1000) + ANSWER_MARGIN_SECONDS;
}

/** nginx's version in the tag of an image. */
export function nginxVersionOf(image: string): string | undefined {
  return /:(\d+\.\d+(?:\.\d+)?)(?:-|@|$)/.exec(image)?.[1];
}
