import { functionObject } from '../../finding-object.ts';
import { run } from '../../fix.ts';
import type { AnywhereRule } from '../anywhere-rule.ts';
import type { Anywhere } from '../anywhere.ts';
import { bodyObjects } from '../bodies/body-objects.ts';
import { unquotedInputs } from '../bodies/unquoted-inputs.ts';
import { CALLS, isDangerous, OF_SERVER } from '../dangerous-names.ts';
import { doorsOf, throughDoor } from '../doors.ts';
import { firingTables, reachedFunctions } from '../reached-functions.ts';
import { revokeExecute } from '../revoke.ts';
import { byObject } from '../role-findings.ts';
import type { SurveyedServerFunction } from '../survey.ts';
import { listed } from '../words.ts';

/** Settings that change whose rights, rows or claims count while the function runs. */
const CROSSING = /^(?:role|session_authorization|session_replication_role|lo_compat_privileges|request\.[^=]*)=/;

export const functionSetting: AnywhereRule = {
  id: 'function_setting',
  topic: 'exposure',
  levels: ['error'],
  subject: 'functions',
  why: 'A function with settings such as `role` or `request.jwt.claims` runs with other rights or claims than those of its caller.',
  fix: 'Reset the setting.',
  find: (audited) =>
    [...reachedFunctions(audited)].flatMap(([fn, { roles, items }]) =>
      fn.settings
        .filter((setting) => CROSSING.test(setting))
        .map((setting) => ({
          object: functionObject(fn),
          problem: `runs with ${setting} for ${listed(roles)}, so that other rights or claims than the caller's count${throughDoor(items[0]!)}`,
          fix: run(`ALTER ROUTINE ${fn.signature} RESET ${setting.split('=')[0]!}`),
        })),
    ),
};

export const untrustedLanguage: AnywhereRule = {
  id: 'untrusted_language',
  topic: 'exposure',
  levels: ['error'],
  subject: 'functions',
  why: "A function in C, `internal` or another untrusted language is not bound by privileges: it does what the server's process can.",
  fix: 'Revoke EXECUTE, or write the function in SQL or PL/pgSQL.',
  find: (audited) =>
    [...reachedFunctions(audited, ({ fn }) => !fn.trusted)].map(([fn, { roles, items }]) => ({
      object: functionObject(fn),
      problem: `is in the language ${fn.language}, which keeps to no privileges, and ${listed(roles)} may call it${throughDoor(items[0]!)}`,
      fix: revokeExecute(audited, fn, roles, ', or write it in SQL or PL/pgSQL'),
    })),
};

export const leakproofFunction: AnywhereRule = {
  id: 'leakproof_function',
  topic: 'exposure',
  levels: ['error'],
  subject: 'functions',
  why: 'Postgres may show rows to a LEAKPROOF function before a policy has decided on them.',
  fix: 'Make the function NOT LEAKPROOF.',
  find: (audited) =>
    [...reachedFunctions(audited, ({ fn }) => fn.leakproof)].map(([fn, { roles, items }]) => ({
      object: functionObject(fn),
      problem: `is LEAKPROOF, so that queries of ${listed(roles)} show it rows before a policy has decided on them${throughDoor(items[0]!)}`,
      fix: run(`ALTER FUNCTION ${fn.signature} NOT LEAKPROOF`),
    })),
};

export const writesAsStable: AnywhereRule = {
  id: 'writes_as_stable',
  topic: 'failure',
  levels: ['info'],
  subject: 'functions',
  why: 'Postgres rejects a write in a function that is STABLE or IMMUTABLE. Each request that gets there fails.',
  fix: 'Make the function VOLATILE.',
  find: (audited) =>
    [...reachedFunctions(audited, ({ fn }) => fn.volatility !== 'v')].flatMap(([fn, { roles }]) => {
      const written = bodyObjects(audited, fn).relations.filter(({ command }) => command !== 'select');
      if (written.length === 0) return [];
      const names = new Set(written.map(({ relation }) => `${relation.schema}.${relation.name}`));
      return {
        object: functionObject(fn),
        problem: `writes ${listed([...names])} although it is ${fn.volatility === 's' ? 'STABLE' : 'IMMUTABLE'}, so that calls of ${listed(roles)} fail`,
        fix: run(`ALTER FUNCTION ${fn.signature} VOLATILE`),
      };
    }),
};

export const dangerousFunction: AnywhereRule = {
  id: 'dangerous_function',
  topic: 'exposure',
  levels: ['error', 'info'],
  otherLevelWhen: 'where no request gets to the function',
  subject: 'functions',
  why: 'The function reads or writes files of the server, or connects from it to others, with what the request gives.',
  fix: 'Revoke EXECUTE from the roles of requests.',
  find: (audited) => [...wrapped(audited), ...exposedOfExtensions(audited), ...grantedOfServer(audited)],
};

/** Functions that pass what a request gives on to a dangerous one. */
function wrapped(audited: Anywhere) {
  return [...reachedFunctions(audited, ({ by }) => by === 'call' || by === 'trigger')].flatMap(
    ([fn, { roles, items }]) => {
      const body = audited.texts.bodyOf(fn);
      const names = [...new Set([...body.matchAll(CALLS)].map(([call]) => /^\w+/.exec(call)![0]))];
      if (names.length === 0) return [];
      const may = roles.filter((role) =>
        names.some((name) => mayRun(audited, fn.security_definer ? fn.owner : role, name)),
      );
      const inputs = unquotedInputs(fn, body, firingTables(items)).passedTo(CALLS);
      if (may.length === 0 || inputs.length === 0) return [];
      return {
        object: functionObject(fn),
        problem: `passes ${listed(inputs)} of ${listed(may)} to ${listed(names)}${throughDoor(items[0]!)}`,
        fix: revokeExecute(audited, fn, may),
      };
    },
  );
}

function mayRun({ survey, reach, texts }: Anywhere, role: string, name: string): boolean {
  return (
    texts.named(undefined, name).some((fn) => reach.holds(role, fn, 'EXECUTE')) ||
    survey.serverFunctions.some((fn) => fn.name === name && runs(reach, role, fn)) ||
    (survey.roles.get(role)?.superuser ?? false)
  );
}

function runs(reach: Anywhere['reach'], role: string, { grants }: SurveyedServerFunction): boolean {
  const identities = reach.identities(role);
  return grants.some(({ grantee, privilege }) => privilege === 'EXECUTE' && identities.has(grantee));
}

/** Dangerous functions of extensions that requests call by their names. */
function exposedOfExtensions(audited: Anywhere) {
  const found = byObject(audited, (role) =>
    doorsOf(audited, role)
      .functions.filter(({ fn, from }) => !from && isDangerous(fn))
      .map(({ fn }) => [fn, fn] as const),
  );
  return [...found].map(([fn, { roles }]) => ({
    object: functionObject(fn),
    problem: `lets ${listed(roles)} reach other servers or files from the server`,
    fix: revokeExecute(audited, fn, roles),
  }));
}

/** Postgres' own functions that roles of requests may run, and that no function of the API calls with what requests give. */
function grantedOfServer(audited: Anywhere) {
  return audited.survey.serverFunctions
    .filter(({ name }) => OF_SERVER.test(name))
    .flatMap((fn) => {
      const roles = audited.scope.roles.filter((role) => runs(audited.reach, role, fn));
      if (roles.length === 0) return [];
      return {
        level: 'info' as const,
        object: functionObject({ schema: 'pg_catalog', name: fn.name, signature: fn.signature }),
        problem: `reaches files of the server, and ${listed(roles)} may execute it`,
        fix: revokeExecute(audited, fn, roles),
      };
    });
}
