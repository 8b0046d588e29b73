import { apiRoles } from '../declaration/roles.ts';
import { fingerprint } from './plan/fingerprint.ts';
import { setRole } from './run-steps.ts';
import type { Session } from './session.ts';
import { statementsOf } from '../postgres/statements.ts';

const statement = statementsOf('apply/statements');

/**
 * Plans statements that invalidate every session's prepared queries; none if neither the roles nor anything else has
 * changed since the last invalidation. A query that was planned while its role bypassed the policies would bypass them
 * as long as its session lasts, even after the role was corrected by hand or by Terraform.
 *
 * Only a superuser can read the row versions of roles. Another admin invalidates plans when the run changes something.
 */
export async function planInvalidation(
  session: Session,
  { changed, superuser }: { readonly changed: boolean; readonly superuser: boolean },
): Promise<string[]> {
  const { owner, privateSchema: schema } = session.declaration;
  const roles = superuser ? await readRoleFingerprints(session) : undefined;
  const outdated = roles !== undefined && roles.present !== roles.recorded;
  if (!changed && !outdated) return [];
  return [
    setRole(owner),
    statement('invalidate_plans', { schema, owner }),
    ...(outdated ? [statement('fingerprint_schema', { schema, fingerprint: roles.present })] : []),
    setRole(),
  ];
}

async function readRoleFingerprints({
  client,
  declaration,
}: Session): Promise<{ readonly present: string; readonly recorded: string }> {
  const { owner, privateSchema: schema } = declaration;
  const roles = [owner, ...apiRoles(declaration).map(({ name }) => name)];
  const { rows } = await client.query<{ versions: string; comment: string }>(
    statement('role_versions', { schema, roles }),
  );
  const { versions, comment } = rows[0]!;
  return { present: fingerprint('the roles of prepared queries', versions), recorded: comment };
}
