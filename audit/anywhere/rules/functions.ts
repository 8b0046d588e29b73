import { functionObject } from '../../finding-object.ts';
import { run } from '../../fix.ts';
import type { AnywhereRule } from '../anywhere-rule.ts';
import { bodyObjects } from '../bodies/body-objects.ts';
import { throughDoor } from '../doors.ts';
import { reachedFunctions } from '../reached-functions.ts';
import { revokeExecute } from '../revoke.ts';
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
