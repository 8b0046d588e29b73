import { randomUUID } from 'node:crypto';

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** Makes a new name for a run of a deployment. */
export function newRevision(deployment: string): string {
  return `${deployment}.${randomUUID()}`;
}

/**
 * Tests if a recorded revision is one of a deployment. It goes into Terraform's configuration, which would evaluate a
 * text from a compromised database, such as `${file("...")}`, on the machine that deploys.
 */
export function isRevisionOf(deployment: string, recorded: string | undefined): recorded is string {
  if (recorded === undefined || !recorded.startsWith(deployment)) return false;
  const rest = recorded.slice(deployment.length);
  return rest === '' || (rest.startsWith('.') && UUID.test(rest.slice(1)));
}

/** Reads the deployment that has recorded a revision; undefined if the text is no revision. */
export function deploymentOf(recorded: string | undefined): string | undefined {
  const deployment = /^[0-9a-f]{16}(?=$|\.)/.exec(recorded ?? '')?.[0];
  return deployment !== undefined && isRevisionOf(deployment, recorded) ? deployment : undefined;
}
