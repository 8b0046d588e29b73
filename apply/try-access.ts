import { refuse } from '../errors/secured-postgrest-error.ts';
import { apiRoles, effectiveRoles } from '../declaration/roles.ts';
import type { Command, Declaration, QualifiedName } from '../declaration/types.ts';
import type { ComparedCatalog } from '../postgres/catalog/read-catalog.ts';
import {
  INFINITE_RECURSION,
  INSUFFICIENT_PRIVILEGE,
  NOT_UPDATABLE,
  UNDEFINED,
  STACK_EXCEEDED,
} from '../postgres/sqlstate.ts';
import { raw, statementsOf } from '../postgres/statements.ts';
import { neededPrivileges, type Need } from './plan/needs.ts';
import { inOneMessage, setRole } from './run-steps.ts';
import { requestSearchPath } from './search-path.ts';
import type { Session } from './session.ts';

const statement = statementsOf('apply/trial');

/** A granted command of a role on one relation. */
interface Trial extends QualifiedName {
  readonly role: string;
  readonly command: Command;
  /** Granted columns; null for all. */
  readonly columns: readonly string[] | null;
}

/** A trial, or a need, that would fail at a request. */
interface Failure {
  readonly text: string;
  readonly fix: string;
}

/** Commands of one message. Their locks on tables last until the end of the trial of this many. */
const BATCH = 2000;

/**
 * Tries every granted command as its role, inside the transaction and without effects: Postgres plans each of them,
 * which checks privileges and policies. What Postgres checks only with a row is found by the dependencies.
 *
 * @throws SecuredPostgrestError `trial_failed` with role, command and relation of each failure
 */
export async function tryAccess(session: Session, catalog: ComparedCatalog): Promise<void> {
  const { declaration } = session;
  const lacking = await lackingNeeds(session, neededPrivileges(declaration, catalog));
  const explained = new Set(lacking.map(({ role, reason }) => JSON.stringify([role, reason])));
  const trials = grantedCommands(declaration).filter(
    ({ role, command, schema, name }) => !explained.has(JSON.stringify([role, `${command} on ${schema}.${name}`])),
  );
  const failures = lacking.map((need) => lackingFailure(need, catalog));
  const superuser = catalog.database.admin_is_superuser;
  for (let at = 0; at < trials.length; at += BATCH) {
    failures.push(...(await tryBatch(session, trials.slice(at, at + BATCH), superuser)));
  }
  if (failures.length === 0) return;
  refuse(
    'trial_failed',
    `declaration ${declaration.name}`,
    `requests would fail: ${failures.map(({ text }) => text).join('; ')}`,
    [...new Set(failures.map(({ fix }) => fix))].join('; '),
  );
}

function grantedCommands(declaration: Declaration): Trial[] {
  const relations = [...declaration.tables, ...declaration.views];
  return apiRoles(declaration).flatMap(({ name: role }) => {
    const roles = effectiveRoles(role, declaration);
    return relations.flatMap(({ schema, name, grants }) => {
      const merged = new Map<Command, readonly string[] | null>();
      for (const { command, columns } of grants.filter((grant) => roles.has(grant.role))) {
        const known = merged.get(command);
        merged.set(command, known === null || !columns ? null : [...new Set([...(known ?? []), ...columns])]);
      }
      return [...merged].map(([command, columns]) => ({ role, command, columns, schema, name }));
    });
  });
}

interface TrialError {
  readonly number: number;
  readonly code: string;
  readonly message: string;
}

async function tryBatch(session: Session, trials: readonly Trial[], superuser: boolean): Promise<Failure[]> {
  const { client, declaration } = session;
  const { owner, privateSchema } = declaration;
  const roles = [...new Set(trials.map(({ role }) => role))];
  const functionOf = (role: string) => `try_access_${roles.indexOf(role)}`;
  await client.query(
    inOneMessage([
      statement('begin'),
      ...roles.flatMap((role) => [
        ...(superuser ? [] : [setRole(), statement('join_role', { role })]),
        setRole(owner),
        statement('let_create', { private: privateSchema, role }),
        setRole(role),
        statement('create_trial', { private: privateSchema, function: functionOf(role) }),
      ]),
      setRole(owner),
      statement('begin_request', { search_path: requestSearchPath(declaration, declaration.schemas[0]!) }),
    ]),
  );
  const commands = roles.map((role) =>
    JSON.stringify(trials.flatMap(({ role: own, ...trial }, n) => (own === role ? [{ n, ...trial }] : []))),
  );
  const tries = roles.map((role, n) =>
    statement('try_role', {
      role,
      private: privateSchema,
      function: functionOf(role),
      commands: raw(`$${n + 1}`),
    }),
  );
  const { rows } = await client.query<TrialError>(tries.join('\nUNION ALL\n'), commands);
  await client.query(inOneMessage([statement('end'), setRole()]));
  return rows.filter(({ code }) => REPORTED.includes(code)).map((error) => trialFailure(trials[error.number]!, error));
}

async function lackingNeeds({ client }: Session, needs: readonly Need[]): Promise<Need[]> {
  const certain = needs.filter(({ isCertain }) => isCertain);
  if (certain.length === 0) return [];
  const values = certain.map(({ role, kind, schema, name }, n) => ({ n, role, kind, schema, name }));
  const { rows } = await client.query<{ number: number }>(statement('lacking'), [JSON.stringify(values)]);
  return rows.map(({ number }) => certain[number]!);
}

/** Errors that depend on neither rows nor claims, of which a trial has none: also functions, tables and columns that do not exist. */
const REPORTED = [INSUFFICIENT_PRIVILEGE, INFINITE_RECURSION, STACK_EXCEEDED, ...UNDEFINED, NOT_UPDATABLE];

function trialFailure({ role, command, schema, name }: Trial, { code, message }: TrialError): Failure {
  return { text: `as ${role}, ${command} on ${schema}.${name}: ${message}`, fix: fixOf(code) };
}

function fixOf(code: string): string {
  switch (code) {
    case INSUFFICIENT_PRIVILEGE:
      return "declare a grant and a policy of the role on the table, or a function that runs with its owner's rights";
    case INFINITE_RECURSION:
    case STACK_EXCEEDED:
      return "let a membership policy, or a function that runs with its owner's rights, read the table in place of the policy";
    default:
      return 'correct the policy, view or function, or remove the grant';
  }
}

function lackingFailure({ role, kind, schema, name, reason }: Need, catalog: ComparedCatalog): Failure {
  const fn = catalog.functions.find(({ signature }) => kind === 'function' && signature === name);
  const object = kind === 'function' ? `the function ${name}` : `the sequence ${schema}.${name}`;
  const text = `as ${role}, ${reason} needs ${object}`;
  if (!fn) {
    return {
      text: `${text}, which is outside of the managed schemas`,
      fix: `grant the role ${kind === 'function' ? 'EXECUTE' : 'USAGE'} on it as its owner, or put it into a managed schema`,
    };
  }
  if (fn.security_definer) {
    return {
      text: `${text}, which runs with its owner's rights`,
      fix: `declare it: { name: '${fn.schema}.${fn.name}', securityDefiner: true }`,
    };
  }
  return {
    text: `${text}, which has the name of a function that the role, or one that inherits from it, may call`,
    fix: 'give one of them another name, or declare both',
  };
}
