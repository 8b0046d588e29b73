import { apiRoles } from '../declaration/roles.ts';
import { mark } from './plan/fingerprint.ts';
import { setRole } from './run-steps.ts';
import type { Session } from './session.ts';
import { statementsOf } from '../postgres/statements.ts';

const statement = statementsOf('apply/statements');

/**
 * Statements that make every session plan its prepared queries anew; none where the roles are as they were when plans were
 * last forgotten, and nothing else has changed. A query that was planned while its role passed the policies would pass them
 * as long as the session lasts, even when the role was corrected by hand or by Terraform before this run.
 *
 * Only a superuser sees which version of its row a role is: for another admin, plans are forgotten when a run changes something.
 */
export async function planForgetting(
  session: Session,
  { changed, superuser }: { readonly changed: boolean; readonly superuser: boolean },
): Promise<string[]> {
  const { owner, privateSchema: schema } = session.declaration;
  const marks = superuser ? await readMarks(session) : undefined;
  const outdated = marks !== undefined && marks.actual !== marks.noted;
  if (!changed && !outdated) return [];
  return [
    setRole(owner),
    statement('forget_plans', { schema, owner }),
    ...(outdated ? [statement('mark_schema', { schema, mark: marks.actual })] : []),
    setRole(),
  ];
}

async function readMarks({
  client,
  declaration,
}: Session): Promise<{ readonly actual: string; readonly noted: string }> {
  const { owner, privateSchema: schema } = declaration;
  const roles = [owner, ...apiRoles(declaration).map(({ name }) => name)];
  const { rows } = await client.query<{ versions: string; comment: string }>(
    statement('role_versions', { schema, roles }),
  );
  const { versions, comment } = rows[0]!;
  return { actual: mark('the roles of prepared queries', versions), noted: comment };
}
