import { fix, type Fix } from '../fix.ts';
import { sqlName } from '../relations.ts';
import { quoteIdentifier } from '../../postgres/quote.ts';
import type { Anywhere } from './anywhere.ts';
import { COMMANDS, type RowCommand, type SurveyedFunction, type SurveyedRelation } from './survey.ts';

/** Revokes commands on a relation from those whose grants give them to the roles; grants on columns too. */
export function revokeCommands(
  audited: Anywhere,
  relation: SurveyedRelation,
  roles: readonly string[],
  commands: readonly RowCommand[],
  rest = '',
): Fix {
  const wanted = new Set(commands.map((command) => command.toUpperCase()));
  const grants = [relation.grants, ...relation.columns.map((column) => column.grants)]
    .flat()
    .filter(({ privilege }) => wanted.has(privilege));
  const listed = COMMANDS.filter((command) => commands.includes(command)).map((command) => command.toUpperCase());
  return revoke(audited, `${listed.join(', ')} ON ${sqlName(relation)}`, grants, roles, rest);
}

/** Revokes EXECUTE on a function from those whose grants give it to the roles. */
export function revokeExecute(
  audited: Anywhere,
  { signature, grants }: Pick<SurveyedFunction, 'signature' | 'grants'>,
  roles: readonly string[],
  rest = '',
): Fix {
  return revoke(audited, `EXECUTE ON ROUTINE ${signature}`, grants, roles, rest);
}

function revoke(
  { reach }: Anywhere,
  what: string,
  grants: SurveyedRelation['grants'],
  roles: readonly string[],
  rest: string,
): Fix {
  const grantees = new Set(
    grants.map(({ grantee }) => grantee).filter((grantee) => roles.some((role) => reach.identities(role).has(grantee))),
  );
  if (grantees.size === 0) return fix(`take ${what} from the roles${rest}`);
  const names = [...grantees].map((name) => (name === 'public' ? 'PUBLIC' : quoteIdentifier(name)));
  const sql = `REVOKE ${what} FROM ${names.join(', ')}`;
  return fix(`${sql}${rest}`, sql);
}
