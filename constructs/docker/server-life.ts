import type { ContainerConfig } from '../synth/cdk/docker.ts';
import { apiRoles } from '../../declaration/roles.ts';
import type { Declaration } from '../../declaration/types.ts';

/** Seconds that a stop takes beyond the longest request. */
const MARGIN_SECONDS = 5;

/** How the engine finds out whether a server of a version is healthy, and how it stops one. */
export function serverLife(declaration: Declaration, version: string) {
  const major = Number.parseInt(version, 10);
  const grace = stopSeconds(declaration);
  return {
    // The image has no shell, and before 14 no command that could check.
    ...(major >= 14 && {
      healthcheck: { test: ['CMD', 'postgrest', '--ready'], interval: '2s', timeout: '5s', retries: 5 },
    }),
    // From 16 on it answers the requests that it has; before, it ends at once, whatever the signal.
    ...(major >= 16 && { stopSignal: 'SIGTERM', stopTimeout: grace }),
    destroyGraceSeconds: grace,
  } satisfies Partial<ContainerConfig>;
}

/** A request is one statement, which its role's timeout ends. */
function stopSeconds(declaration: Declaration): number {
  const longest = Math.max(...apiRoles(declaration).map(({ statementTimeoutMs }) => statementTimeoutMs), 0);
  return Math.ceil(longest / 1000) + MARGIN_SECONDS;
}
