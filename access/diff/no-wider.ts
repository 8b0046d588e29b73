import type pg from 'pg';
import type { ApplyGate } from '../../apply/apply-gate.ts';
import { prepare, type Anywhere } from '../../audit/anywhere/anywhere.ts';
import type { AuditScope } from '../../audit/anywhere/find-scope.ts';
import { readSurvey, surveying } from '../../audit/anywhere/read-survey.ts';
import type { Survey } from '../../audit/anywhere/survey.ts';
import { apiRoles } from '../../declaration/roles.ts';
import type { Declaration } from '../../declaration/types.ts';
import { refuse } from '../../errors/secured-postgrest-error.ts';
import { visible } from '../../errors/visible.ts';
import { connect, type DatabaseConnection } from '../../postgres/connect.ts';
import { changeLine } from '../report/diff-words.ts';
import type { AccessDiff } from './access-diff.ts';
import { declaredPreRequest } from './declared-pre-request.ts';
import { diffAccess } from './diff-access.ts';
import type { DiffSide } from './diff-side.ts';
import { withLogic } from './logic.ts';
import { mayBeWider } from './grade.ts';
import { withDeclaredMemberships } from './declared-memberships.ts';

/**
 * A gate for `applyDeclaration` that stops a run after which a role could reach more than before. What is not decided stops it
 * as well.
 *
 * The gate throws SecuredPostgrestError `wider_access` with each change.
 *
 * @example
 * await applyDeclaration(admin, declaration, { gate: noWider(declaration) });
 */
export function noWider(declaration: Declaration): ApplyGate {
  return async (client) => {
    const before = await sideOf('before', client, declaration);
    return async () => refuseWider(declaration, await compare(before, await sideOf('after', client, declaration)));
  };
}

/**
 * Checks the memberships of roles, which a deploy changes before it applies the rest of a declaration: no role may inherit
 * more than before.
 *
 * @throws SecuredPostgrestError `wider_access` with each change, `database_unreachable`
 */
export async function refuseWiderRoles(connection: DatabaseConnection, declaration: Declaration): Promise<void> {
  const client = await connect(connection, 'impatient');
  const survey = await surveying(client, () => readSurvey(client)).finally(() => client.end());
  const declared = withDeclaredMemberships(survey, declaration);
  const sides = [survey, declared].map(async (one) => ({
    name: 'roles',
    anywhere: await anywhereOf(one, declaration),
  }));
  const [before, after] = await Promise.all(sides);
  refuseWider(declaration, await compare(before!, after!));
}

function compare(before: DiffSide, after: DiffSide): Promise<AccessDiff> {
  return withLogic((compareRows) => diffAccess(before, after, { compareRows }));
}

/** @throws SecuredPostgrestError `wider_access` */
function refuseWider({ name }: Declaration, { changes }: AccessDiff): void {
  const wider = changes.filter(mayBeWider);
  if (wider.length === 0) return;
  refuse(
    'wider_access',
    `declaration ${name}`,
    `access would grow: ${wider.map((change) => visible(`${change.grade}: ${changeLine(change)}`)).join('; ')}`,
    'correct the declaration, or run it without --no-wider if this is what you want; no access was changed',
  );
}

async function sideOf(name: string, client: pg.ClientBase, declaration: Declaration): Promise<DiffSide> {
  const anywhere = await anywhereOf(await readSurvey(client), declaration);
  return { name, anywhere, preRequest: declaredPreRequest(declaration) };
}

function anywhereOf(survey: Survey, declaration: Declaration): Promise<Anywhere> {
  return prepare(survey, presentScope(survey, declaration));
}

/** The declared scope, as far as it exists: before the first deploy there is nothing. */
function presentScope(survey: Survey, declaration: Declaration): AuditScope {
  const { authenticator, anonymous } = declaration;
  const existing = (name: string | undefined) => (name !== undefined && survey.roles.has(name) ? name : undefined);
  return {
    schemas: declaration.schemas.filter((schema) => survey.schemas.has(schema)),
    extraSchemas: [],
    roles: apiRoles(declaration)
      .map(({ name }) => name)
      .filter((name) => survey.roles.has(name)),
    anonymous: existing(anonymous?.name),
    authenticator: existing(authenticator),
    services: [],
    platform: 'postgrest',
    foundBy: 'by the declaration',
  };
}
