import { randomUUID } from 'node:crypto';

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** A new name for a run of a deployment. */
export function newRevision(deployment: string): string {
  return `${deployment}.${randomUUID()}`;
}

/**
 * Tests if a deployment has recorded this, and nobody else: it goes into Terraform's configuration, where a text from a
 * database that somebody has taken over, such as `${file("...")}`, would be evaluated on the machine that deploys.
 */
export function isRevisionOf(deployment: string, recorded: string | undefined): recorded is string {
  if (recorded === undefined || !recorded.startsWith(deployment)) return false;
  const rest = recorded.slice(deployment.length);
  return rest === '' || (rest.startsWith('.') && UUID.test(rest.slice(1)));
}

/** The deployment that has recorded a revision; undefined where the text is none of ours. */
export function deploymentOf(recorded: string | undefined): string | undefined {
  const deployment = /^[0-9a-f]{16}(?=$|\.)/.exec(recorded ?? '')?.[0];
  return deployment !== undefined && isRevisionOf(deployment, recorded) ? deployment : undefined;
}
