import { desiredAccess } from '../../compile/access.ts';
import type { Declaration } from '../../declaration/types.ts';
import { expressionsOf, namesOf } from '../../postgres/expressions/parse-expression.ts';
import { parseSql } from '../../postgres/parse-sql.ts';
import type { Anywhere } from '../../audit/anywhere/anywhere.ts';
import type { SurveyedFunction } from '../../audit/anywhere/survey.ts';
import type { Verdict } from './verdict.ts';

/** Functions that reject revoked tokens before a request is run. */
const FUNCTIONS = ['pre_request', 'examine_request', 'token_is_revoked', 'subject_names'];

/**
 * Judges if revoked subjects reach nothing: each request of a declared server calls the pre-request check, so what counts is
 * that the database has the package's own functions, that the roles may call them, and that no role writes what they read.
 *
 * @returns undefined where the declaration has no revocation
 */
export async function judgeRevocation(declaration: Declaration, audited: Anywhere): Promise<Verdict | undefined> {
  if (!declaration.tokens.revocation) return undefined;
  const pieces: string[] = [];
  const { privateSchema } = declaration;
  for (const { name, statement, executableBy } of desiredAccess(declaration).functions) {
    if (!FUNCTIONS.includes(name)) continue;
    const found = audited.survey.functions.filter((fn) => fn.schema === privateSchema && fn.name === name);
    const [fn] = found;
    const place = `function ${privateSchema}.${name}`;
    if (!fn || found.length > 1) {
      pieces.push(fn ? `${place}: there are ${found.length} of the name` : `${place} does not exist`);
      continue;
    }
    const difference = await differenceOf(fn, statement);
    if (difference !== undefined) pieces.push(`${place}: ${difference}`);
    for (const role of executableBy) {
      if (!audited.reach.calls(role, fn)) pieces.push(`${place}: ${role} may not call it`);
    }
  }
  for (const { name } of desiredAccess(declaration).tables) {
    const table = audited.survey.relations.find((one) => one.schema === privateSchema && one.name === name);
    if (!table) pieces.push(`table ${privateSchema}.${name} does not exist`);
    else
      pieces.push(...writersOf(audited, table).map((role) => `table ${privateSchema}.${name}: ${role} may write it`));
  }
  return pieces.length === 0 ? { status: 'proven' } : { status: 'not modelled', pieces };
}

function writersOf({ reach, scope }: Anywhere, table: Parameters<Anywhere['reach']['access']>[1]): string[] {
  return scope.roles.filter((role) => reach.access(role, table).some(({ command }) => command !== 'select'));
}

/** How a function differs from the one that a statement makes. */
async function differenceOf(fn: SurveyedFunction, statement: string): Promise<string | undefined> {
  const [made] = await parseSql({ file: fn.name, sql: statement });
  const options = expressionsOf(made?.node['options']);
  const option = (name: string) =>
    options.find(({ node }) => node['defname'] === name)?.node['arg'] as
      Record<string, Record<string, unknown>> | undefined;
  const [body = ''] = namesOf(option('as')?.['List']?.['items']);
  if (fn.body.trim() !== body.trim()) return 'its body is another one';
  const isDefiner = option('security')?.['Boolean']?.['boolval'] === true;
  if (fn.security_definer !== isDefiner) return `SECURITY ${isDefiner ? 'DEFINER' : 'INVOKER'} is missing`;
  const setsPath = options.some(({ node }) => node['defname'] === 'set');
  if (setsPath && !fn.settings.some((setting) => /^search_path=/.test(setting))) return 'its search path is not set';
  return undefined;
}
