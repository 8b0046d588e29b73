import { read } from '../postgres/catalog/read-catalog.ts';
import { planPolicyFingerprints } from './plan/plan.ts';
import { inOneMessage, setRole } from './run-steps.ts';
import type { Session } from './session.ts';
import { configureSession } from '../postgres/session.ts';

/** Records the fingerprints of policies that a replay created: those of the original database name its row versions. */
export async function recordPolicyFingerprints(session: Session): Promise<void> {
  const { client, declaration } = session;
  await configureSession(client);
  const steps = planPolicyFingerprints(declaration, await read(session, ['policies']));
  if (steps.length === 0) return;
  await client.query(inOneMessage([setRole(declaration.owner), ...steps.map(({ sql }) => sql), setRole()]));
}
