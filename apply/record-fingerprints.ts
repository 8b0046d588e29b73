import { read } from '../postgres/catalog/read-catalog.ts';
import { planPolicyMarks } from './plan/plan.ts';
import { inOneMessage, setRole } from './run-steps.ts';
import type { Session } from './session.ts';
import { configureSession } from '../postgres/session.ts';

/** Marks policies that were made as declared, but not by a run in this database, which marks them itself. */
export async function markPolicies(session: Session): Promise<void> {
  const { client, declaration } = session;
  await configureSession(client);
  const steps = planPolicyMarks(declaration, await read(session, ['policies']));
  if (steps.length === 0) return;
  await client.query(inOneMessage([setRole(declaration.owner), ...steps.map(({ sql }) => sql), setRole()]));
}
