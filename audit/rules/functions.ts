import { matches, type FunctionName } from '../../compile/same-function.ts';
import type { CatalogFunction } from '../../postgres/catalog/catalog.ts';
import { functionObject } from '../finding-object.ts';
import { fix, run } from '../fix.ts';
import type { Audited, CatalogRule, Found } from '../rule.ts';

export const securityDefiner: CatalogRule = {
  id: 'security_definer',
  levels: ['error'],
  subject: 'functions',
  why: "A SECURITY DEFINER function runs with its owner's rights, on arguments that the caller chooses.",
  fix: 'Make the function SECURITY INVOKER, or declare `securityDefiner: true`.',
  check: (audited) =>
    callableDefiners(audited)
      .filter((fn) => !isOneOf(audited.accepted.definerFunctions, fn))
      .map((fn) => ({
        object: functionObject(fn),
        problem: "runs with its owner's rights",
        fix: fix(
          'make it SECURITY INVOKER, or declare securityDefiner: true',
          `ALTER ROUTINE ${fn.signature} SECURITY INVOKER`,
        ),
      })),
};

export const searchPathNotSet: CatalogRule = {
  id: 'search_path_not_set',
  levels: ['error'],
  subject: 'functions',
  why: "A SECURITY DEFINER function without a search path of its own looks up names in the caller's search path.",
  fix: "Set it: `SET search_path = ''` on the function.",
  check: (audited) => [
    ...callableDefiners(audited)
      .filter((fn) => !fn.search_path_set)
      .map((fn) => withoutSearchPath(fn)),
    ...audited.catalog.definerTriggers
      .filter((trigger) => !trigger.search_path_set)
      .map(({ function_schema: schema, function_name: name, function: signature }) =>
        withoutSearchPath({ schema, name, signature }),
      ),
  ],
};

function withoutSearchPath(fn: Parameters<typeof functionObject>[0]): Found {
  return {
    object: functionObject(fn),
    problem: "runs with its owner's rights in the caller's search path",
    fix: run(`ALTER ROUTINE ${fn.signature} SET search_path = ''`),
  };
}

/** Settings that change whose rights, rows or claims count while the function runs. */
const CROSSING =
  /^(?:role|session_authorization|session_replication_role|row_security|lo_compat_privileges|request\.[^=]*)=/;

export const functionSetting: CatalogRule = {
  id: 'function_setting',
  levels: ['error'],
  subject: 'functions',
  why:
    'A function with settings such as `role`, `row_security` or `request.jwt.claims` ' +
    "runs with other rights or claims than its caller's.",
  fix: 'Reset the setting.',
  check: (audited) => [
    ...foreignFunctions(audited).flatMap((fn) =>
      fn.settings.filter((setting) => CROSSING.test(setting)).map((setting) => withSetting(fn, setting)),
    ),
    ...functionsElsewhere(audited).flatMap(({ function: signature, schema, name, settings }) =>
      settings.map((setting) => withSetting({ schema, name, signature }, setting)),
    ),
  ],
};

function withSetting(fn: Parameters<typeof functionObject>[0], setting: string): Found {
  return {
    object: functionObject(fn),
    problem: `runs with ${setting}, so that other rights or claims than the caller's count`,
    fix: run(`ALTER ROUTINE ${fn.signature} RESET ${setting.split('=')[0]!}`),
  };
}

export const untrustedLanguage: CatalogRule = {
  id: 'untrusted_language',
  levels: ['error'],
  subject: 'functions',
  why: 'A function in C, `internal` or another untrusted language is not bound by privileges.',
  fix: 'Drop the function, and write it in SQL or PL/pgSQL.',
  check: (audited) => [
    ...foreignFunctions(audited)
      .filter(({ extension, trusted }) => !extension && !trusted)
      .map(inUntrustedLanguage),
    ...functionsElsewhere(audited)
      .filter(({ extension, untrusted }) => untrusted && !extension)
      .map(({ function: signature, schema, name }) => inUntrustedLanguage({ schema, name, signature })),
  ],
};

function inUntrustedLanguage(fn: Parameters<typeof functionObject>[0]): Found {
  return {
    object: functionObject(fn),
    problem: "is in a language that keeps to no privileges: it can do what the server's process can",
    fix: run(`DROP ROUTINE ${fn.signature}`, ', and write it in SQL or PL/pgSQL'),
  };
}

export const leakproofFunction: CatalogRule = {
  id: 'leakproof_function',
  levels: ['error'],
  subject: 'functions',
  why: 'Postgres may show rows to a LEAKPROOF function before a policy has decided on them.',
  fix: 'Make the function NOT LEAKPROOF.',
  check: (audited) =>
    foreignFunctions(audited)
      .filter(({ extension, leakproof }) => !extension && leakproof)
      .map((fn) => ({
        object: functionObject(fn),
        problem: 'is LEAKPROOF, so that queries show it rows before a policy has decided on them',
        fix: run(`ALTER FUNCTION ${fn.signature} NOT LEAKPROOF`),
      })),
};

export const definerElsewhere: CatalogRule = {
  id: 'definer_elsewhere',
  levels: ['error', 'warning'],
  subject: 'functions',
  why:
    'Requests may call a SECURITY DEFINER function outside of the managed schemas. They reach it by its name, ' +
    'or because a view, default, constraint, index, domain, cast or function rests on it.',
  otherLevelWhen: "where the function is an extension's, or where no function of the API has a body that is text",
  fix: 'Revoke EXECUTE from PUBLIC and from the roles of the API, or make the function SECURITY INVOKER.',
  check: (audited) => {
    const textual = foreignFunctions(audited).some(
      ({ body_is_text, definition, extension }) => body_is_text && definition !== '' && !extension,
    );
    return functionsElsewhere(audited)
      .filter(({ definer }) => definer)
      .map(({ function: signature, schema, name, owner, used_by, extension }) => ({
        level: (used_by.length > 0 || textual) && !extension ? 'error' : 'warning',
        object: functionObject({ schema, name, signature }),
        problem: `runs with the rights of "${owner}", and requests may call it${restedOn(used_by)}`,
        fix: run(
          `REVOKE EXECUTE ON ROUTINE ${signature} FROM PUBLIC`,
          ` (and from the roles of the API), or ALTER ROUTINE ${signature} SECURITY INVOKER`,
        ),
      }));
  },
};

/** Names the objects that rest on an object, for the end of a sentence. */
export function restedOn(users: readonly string[]): string {
  return users.length === 0 ? '' : `, and ${users.join(', ')} ${users.length === 1 ? 'rests' : 'rest'} on it`;
}

function isOneOf(names: readonly FunctionName[], fn: CatalogFunction): boolean {
  return names.some((name) => matches(name, fn));
}

/** Functions of the managed schemas, without those of the package itself. */
function foreignFunctions({ catalog, accepted }: Audited): CatalogFunction[] {
  return catalog.functions.filter((fn) => !isOneOf(accepted.ownFunctions, fn));
}

function callableDefiners(audited: Audited): CatalogFunction[] {
  const { owner } = audited.scope;
  return foreignFunctions(audited).filter(
    (fn) => fn.security_definer && fn.grants.some(({ grantee }) => grantee !== owner),
  );
}

/** Functions outside of the managed schemas that requests find by name, or that a managed object rests on. */
function functionsElsewhere({ catalog }: Audited) {
  return catalog.privilegedFunctions.filter(({ used_by, found_by_name }) => used_by.length > 0 || found_by_name);
}
