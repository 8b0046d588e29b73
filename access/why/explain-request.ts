import type pg from 'pg';
import type { PostgrestEnvironment, ScopeOptions } from '../../audit/anywhere/find-scope.ts';
import type { Anywhere } from '../../audit/anywhere/anywhere.ts';
import { readAnywhere } from '../../audit/anywhere/read-anywhere.ts';
import { mayBecome } from '../../audit/anywhere/rights.ts';
import { declaredScope } from '../../audit/declared-scope.ts';
import { fix, run } from '../../audit/fix.ts';
import { requestSearchPath } from '../../apply/search-path.ts';
import type { Declaration } from '../../declaration/types.ts';
import { didYouMean } from '../../errors/did-you-mean.ts';
import { refuse } from '../../errors/secured-postgrest-error.ts';
import { connect, type DatabaseConnection } from '../../postgres/connect.ts';
import type { QualifiedName } from '../../postgres/qualified-name.ts';
import { quoteIdentifier } from '../../postgres/quote.ts';
import { statementsOf } from '../../postgres/statements.ts';
import { declaredFix } from './declared/declared-fix.ts';
import { explainCheck } from './declared/explain-check.ts';
import { arrivalOf, type Caller, type TokenCheck } from './caller.ts';
import type { Explanation, Step } from './explanation.ts';
import type { Found } from './found.ts';
import { explainFunction } from './explain-function.ts';
import { explainRelation } from './explain-relation.ts';
import type { ApiRequest } from './request/api-request.ts';
import { readTarget } from './request/request-target.ts';
import { attemptAsRequest, joinRole, timeout, type DatabaseError, type RequestSession } from './request-session.ts';

const statement = statementsOf('access/why');

/** Options of {@link explainRequest}. */
export interface WhyOptions extends ScopeOptions, Omit<TokenCheck, 'declaration' | 'anonymous' | 'roleClaim'> {
  /** Declaration of the database. @default what the catalogs say */
  readonly declaration?: Declaration | undefined;
  /** PostgREST's variables. @default none */
  readonly environment?: PostgrestEnvironment &
    Readonly<Partial<Record<'PGRST_DB_PRE_REQUEST' | 'PGRST_JWT_ROLE_CLAIM_KEY', string>>>;
  /** Maximum number of rows that are explained. @default 20 */
  readonly limit?: number | undefined;
  /** Milliseconds after which Postgres cancels each statement. @default the timeout of the request's role */
  readonly statementTimeoutMs?: number | undefined;
}

/**
 * Explains why PostgREST rejects a request, or why it shows or changes no row: by running it in a transaction that is rolled
 * back, and by having Postgres evaluate each part of the policies for each row that the request is about. Rows that the
 * request's role cannot see are read with the rights of the connected role.
 *
 * Sequences that an INSERT draws from, and effects of triggers outside of the database, are not undone.
 *
 * @param connection of a superuser, or of a member of the owner and of the roles of requests
 * @throws SecuredPostgrestError `database_unreachable`, `unsupported_database`, `scope_not_found`, `missing_privilege`,
 *   `unreadable_token`, `invalid_prop`
 */
export async function explainRequest(
  connection: DatabaseConnection,
  caller: Caller,
  request: ApiRequest,
  options: WhyOptions = {},
): Promise<Explanation> {
  const client = await connect(connection);
  try {
    const { declaration, environment = {} } = options;
    const scope = { ...(declaration && declaredScope(declaration)), ...givenScope(options) };
    const audited = await readAnywhere(client, { ...scope, environment });
    await client.query(statement('begin'));
    if (options.statementTimeoutMs !== undefined) await client.query(timeout(options.statementTimeoutMs));
    return await explain({ client, audited }, caller, request, options);
  } finally {
    await client.query('ROLLBACK').catch(() => undefined);
    await client.end().catch(() => undefined);
  }
}

function givenScope({ schemas, anonymous, roles, authenticator }: ScopeOptions): ScopeOptions {
  const given = { schemas, anonymous, roles, authenticator };
  return Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined));
}

interface Opened {
  readonly client: pg.ClientBase;
  readonly audited: Anywhere;
}

async function explain(opened: Opened, caller: Caller, request: ApiRequest, options: WhyOptions): Promise<Explanation> {
  const { client, audited } = opened;
  const { scope, survey } = audited;
  const { declaration, limit = 20 } = options;
  const words = `${request.method} ${request.target}`;
  const anonymous = declaration ? declaration.anonymous?.name : scope.anonymous;
  const roleClaim = roleClaimOf(audited, options);
  const arrival = await arrivalOf(caller, { ...options, declaration, anonymous, roleClaim });
  const withFix = (step: Step): Step =>
    declaration && step.fix ? { ...step, fix: declaredFix(step.fix, declaration) } : step;
  const ending = (role: string | undefined, taken: readonly Step[], found: Omit<Found, 'steps'>): Explanation => {
    const steps = taken.map(withFix);
    return {
      format: 1,
      request: words,
      role,
      result: found.result,
      ...(found.code !== undefined && { code: found.code }),
      steps,
      decided: steps.find(({ outcome }) => outcome === 'decided'),
      rows: found.rows,
      notes: [...new Set(found.notes)],
    };
  };
  const refused = (role: string | undefined, steps: readonly Step[], code: string | undefined) =>
    ending(role, steps, { result: 'refused', code, rows: [], notes: [] });
  const { role: arrived, claims = {}, steps: before } = arrival;
  if (arrived === undefined) return refused(undefined, before, arrival.code);

  const roleStep = stepOfRole(audited, arrived);
  if (roleStep.outcome === 'decided') {
    return refused(arrived, [...before, roleStep], survey.roles.has(arrived) ? '42501' : '22023');
  }
  if (!(await joinRole({ client }, arrived))) {
    const problem = `"${survey.server.user}" may not become ${arrived}`;
    refuse(
      'missing_privilege',
      `role ${arrived}`,
      problem,
      'connect as a superuser, or as a member of the roles of requests',
    );
  }
  // The check may make a request another role.
  for (const other of scope.roles) await joinRole({ client }, other);
  const schema = request.schema ?? scope.schemas[0]!;
  const session: RequestSession = {
    client,
    audited,
    settings: settingsOf(audited, declaration, { request, role: arrived, claims, schema }),
    preRequest: preRequestOf(audited, options),
    statementTimeoutMs: options.statementTimeoutMs,
  };
  const checked = await attemptAsRequest(session, statement('current_role'));
  if (checked.error) {
    const { message, detail, code } = checked.error;
    const said = detail === undefined || detail.startsWith('{') ? message : `${message}: ${detail}`;
    const step: Step = {
      stage: 'pre-request check',
      outcome: 'decided',
      words: `${nameOf(session.preRequest)} rejects the request: ${said}`,
      fix: fix(code === 'PT401' ? 'send a token that the check accepts' : 'send another request, or change the check'),
    };
    const { becomes } = arrival;
    const declared =
      declaration && becomes !== undefined && explainCheck(declaration, { ...request, role: becomes }, checked.error);
    return refused(arrived, [...before, roleStep, declared || step], codeOf(checked.error));
  }
  const role = (checked.rows[0] as { role: string }).role;
  const passed: Step = session.preRequest
    ? {
        stage: 'pre-request check',
        outcome: 'passed',
        words: `${nameOf(session.preRequest)} accepts it${role === arrived ? '' : `, and makes it ${role}`}`,
      }
    : {
        stage: 'pre-request check',
        outcome: 'unknown',
        words: 'no setting in the database names one; the server may, as the declaration or PGRST_DB_PRE_REQUEST says',
      };
  const { isFunction } = readTarget(request.target);
  if (!scope.schemas.includes(schema)) {
    const step: Step = {
      stage: 'address',
      outcome: 'decided',
      words: `schema ${schema} is not exposed (db-schemas: ${scope.schemas.join(', ')})`,
      fix: fix('ask for an exposed schema, or expose it'),
    };
    return refused(role, [...before, roleStep, passed, step], 'PGRST106');
  }
  const question = { session, role, schema, request, limit };
  const found = await (isFunction ? explainFunction(question) : explainRelation(question));
  return ending(role, [...before, roleStep, passed, ...found.steps], found);
}

function stepOfRole({ survey, scope: { authenticator } }: Anywhere, role: string): Step {
  const decided = (words: string, sql: string): Step => ({ stage: 'role', outcome: 'decided', words, fix: run(sql) });
  if (!survey.roles.has(role)) {
    return decided(
      `the role ${role} does not exist${didYouMean(role, [...survey.roles.keys()])}`,
      `CREATE ROLE ${quoteIdentifier(role)} NOLOGIN`,
    );
  }
  const login = authenticator === undefined ? undefined : survey.roles.get(authenticator);
  if (login && !login.superuser && role !== login.name && !mayBecome(survey, login.name).includes(role)) {
    const sql = `GRANT ${quoteIdentifier(role)} TO ${quoteIdentifier(login.name)}`;
    return decided(`PostgREST's login role ${login.name} may not become ${role}`, sql);
  }
  return { stage: 'role', outcome: 'passed', words: `the role is ${role}` };
}

/** Code of an error as a client gets it: a check that raises `PGRST` says the code in its message. */
function codeOf({ code, message }: DatabaseError): string | undefined {
  return code === 'PGRST' ? (/"code"\s*:\s*"([^"]+)"/.exec(message)?.[1] ?? code) : code;
}

function nameOf(fn: QualifiedName | undefined): string {
  return fn ? `${fn.schema}.${fn.name}` : 'the check';
}

/** A setting of PostgREST: of its environment, or in the database. */
function postgrestSetting({ survey, scope }: Anywhere, name: string): string | undefined {
  return survey.settings.findLast(
    (one) => one.name.toLowerCase() === `pgrst.${name}` && (one.role === null || one.role === scope.authenticator),
  )?.value;
}

function preRequestOf(audited: Anywhere, { declaration, environment }: WhyOptions): QualifiedName | undefined {
  if (declaration) return { schema: declaration.privateSchema, name: 'pre_request' };
  const text = environment?.PGRST_DB_PRE_REQUEST ?? postgrestSetting(audited, 'db_pre_request');
  if (!text) return undefined;
  const names = text.split('.').map((part) => part.replace(/^"(.*)"$/, '$1'));
  return { schema: names.length > 1 ? names[0]! : 'public', name: names.at(-1)! };
}

/** `.role`, `$.role` and `.app.role`; longer paths of JSONPath are not read. */
function roleClaimOf(audited: Anywhere, { environment }: WhyOptions): readonly string[] | undefined {
  const text = environment?.PGRST_JWT_ROLE_CLAIM_KEY ?? postgrestSetting(audited, 'jwt_role_claim_key');
  const path = text
    ?.replace(/^\$/, '')
    .split('.')
    .slice(1)
    .map((part) => part.replace(/^"(.*)"$/, '$1'));
  return path && path.length > 0 ? path : undefined;
}

interface Begun {
  readonly request: ApiRequest;
  readonly role: string;
  readonly claims: Readonly<Record<string, unknown>>;
  readonly schema: string;
}

/** Settings with which PostgREST begins the transaction, with those of the role, which it applies too. */
function settingsOf(
  { survey, scope }: Anywhere,
  declaration: Declaration | undefined,
  { request, role, claims, schema }: Begun,
): Readonly<Record<string, string>> {
  const path = declaration
    ? requestSearchPath(declaration, schema)
    : [...new Set([schema, ...scope.extraSchemas])].map(quoteIdentifier).join(', ');
  const ofRole = survey.settings.filter(
    (one) => one.role === role && !one.name.includes('.') && one.name !== 'search_path',
  );
  return {
    ...(declaration ? {} : Object.fromEntries(ofRole.map(({ name, value }) => [name, value]))),
    search_path: path,
    transaction_read_only: request.method === 'GET' || request.method === 'HEAD' ? 'on' : 'off',
    'request.method': request.method,
    'request.path': request.target.split('?')[0]!,
    'request.headers': '{}',
    'request.cookies': '{}',
    'request.jwt.claims': JSON.stringify(claims),
    role,
  };
}
