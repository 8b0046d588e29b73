import type { Anywhere } from '../../../audit/anywhere/anywhere.ts';
import type { Declaration } from '../../../declaration/types.ts';
import { quoteIdentifier } from '../../../postgres/quote.ts';
import { epochSeconds } from '../../../tokens/epoch-seconds.ts';
import { METHODS, requestValues } from '../../map/request.ts';
import type { Counterexample } from '../verdict.ts';

/** Settings with which the transaction of a request begins, in order, and the call that PostgREST makes then. */
export interface RequestSettings {
  readonly names: readonly string[];
  readonly settings: readonly string[];
  /** SQL of the call of `db-pre-request`; undefined without one. */
  readonly preRequest: string | undefined;
}

/** Settings of a counterexample's request, by a declaration where there is one. */
export function requestSettings(
  counterexample: Counterexample,
  audited: Anywhere,
  declaration: Declaration | undefined,
): RequestSettings {
  const { role, claims, request } = counterexample;
  const anonymous = declaration ? declaration.anonymous?.name : audited.scope.anonymous;
  const subject = role === anonymous && Object.keys(claims).length === 0 ? undefined : { role, claims };
  const callsFunction = request.way === 'function';
  if (declaration) {
    const relation = { schema: request.schema, name: request.name };
    const { names, settings, pre_request } = requestValues(declaration, {
      relation,
      command: request.command,
      subject,
      callsFunction,
    });
    return { names, settings, preRequest: pre_request };
  }
  const now = epochSeconds();
  const values = {
    search_path: searchPath(request.schema, audited),
    statement_timeout: '10s',
    transaction_read_only: request.command === 'select' && !callsFunction ? 'on' : 'off',
    'request.method': callsFunction ? 'POST' : METHODS[request.command],
    'request.path': `${callsFunction ? '/rpc' : ''}/${encodeURIComponent(request.name)}`,
    'request.headers': '{}',
    'request.cookies': '{}',
    'request.jwt.claims': JSON.stringify(subject ? { iat: now, exp: now + 3600, ...claims, role } : { role }),
    role,
  };
  return { names: Object.keys(values), settings: Object.values(values), preRequest: preRequestOf(audited) };
}

function searchPath(schema: string, { scope }: Anywhere): string {
  const exposed = scope.schemas.includes(schema) ? schema : scope.schemas[0]!;
  return [...new Set([exposed, ...scope.extraSchemas])].map(quoteIdentifier).join(', ');
}

/** PostgREST writes the name into its query as it is configured. */
function preRequestOf({ survey, scope }: Anywhere): string | undefined {
  const found = survey.settings.findLast(
    ({ role, name }) =>
      ['pgrst.db_pre_request', 'pgrst.pre_request'].includes(name.toLowerCase()) &&
      (role === null || role === scope.authenticator),
  );
  return found && found.value !== '' ? `SELECT ${found.value}()` : undefined;
}
