import { desiredAccess } from '../../compile/access.ts';
import type { Declaration } from '../../declaration/types.ts';
import type { Catalog, CatalogFunction, CatalogPrivilegedFunction } from '../../postgres/catalog/catalog.ts';
import { isSameFunction, matches } from '../../compile/same-function.ts';
import { error, warning, type Finding } from '../finding.ts';
import { restedOn } from './grants.ts';

/** Audits callable SECURITY DEFINER functions. They run with their owner's rights, on arguments that the caller chooses. */
export function securityDefiners(declaration: Declaration, catalog: Catalog): Finding[] {
  const callable = catalog.functions.filter(
    (fn) => fn.security_definer && fn.grants.length > 0 && !isOurs(declaration, fn),
  );
  return callable.flatMap((fn) => {
    const declared = declaration.functions.some((candidate) => candidate.securityDefiner && matches(candidate, fn));
    return [
      ...(declared
        ? []
        : [
            error(
              'security_definer',
              fn.signature,
              "runs with its owner's rights",
              'make it SECURITY INVOKER, or declare securityDefiner: true',
            ),
          ]),
      ...(fn.search_path_set ? [] : [searchPathNotSet(fn.signature)]),
    ];
  });
}

/** Audits SECURITY DEFINER triggers. A role that may write to the table runs the function, without a grant on it. */
export function definerTriggers({ owner }: Declaration, catalog: Catalog): Finding[] {
  return catalog.definerTriggers.flatMap(({ schema, table, name, function: fn, function_owner, search_path_set }) => {
    const object = `trigger ${name} of ${schema}.${table}`;
    return [
      ...(function_owner === owner
        ? []
        : [
            error(
              'trigger_of_other_owner',
              object,
              `runs ${fn} with the rights of "${function_owner}", whom the policies need not bind`,
              `ALTER FUNCTION ${fn} SECURITY INVOKER, or move it to a managed schema`,
            ),
          ]),
      ...(search_path_set ? [] : [searchPathNotSet(fn)]),
    ];
  });
}

function searchPathNotSet(fn: string): Finding {
  return error(
    'search_path_not_set',
    fn,
    "runs with its owner's rights in the caller's search path",
    `ALTER ROUTINE ${fn} SET search_path = ''`,
  );
}

/** Settings that change whose rights, rows or claims count while the function runs. */
const CROSSING =
  /^(?:role|session_authorization|session_replication_role|row_security|lo_compat_privileges|request\.[^=]*)=/;

/** Finds functions that may do what their caller may not, without being SECURITY DEFINER. */
export function privilegesOfFunctions(declaration: Declaration, catalog: Catalog): Finding[] {
  return catalog.functions
    .filter((fn) => !isOurs(declaration, fn))
    .flatMap((fn) => [
      ...fn.settings
        .filter((setting) => CROSSING.test(setting))
        .map((setting) => functionSetting(fn.signature, setting)),
      ...(fn.extension || fn.trusted ? [] : [untrustedLanguage(fn.signature)]),
      ...(fn.extension || !fn.leakproof
        ? []
        : [
            error(
              'leakproof_function',
              fn.signature,
              'is LEAKPROOF, so that queries show it rows before a policy has decided on them',
              `ALTER FUNCTION ${fn.signature} NOT LEAKPROOF`,
            ),
          ]),
    ]);
}

function functionSetting(fn: string, setting: string): Finding {
  const name = setting.split('=')[0]!;
  return error(
    'function_setting',
    fn,
    `runs with ${setting}, so that other rights or claims than the caller's count`,
    `ALTER ROUTINE ${fn} RESET ${name}`,
  );
}

function untrustedLanguage(fn: string): Finding {
  return error(
    'untrusted_language',
    fn,
    "is in a language that keeps to no privileges: it can do what the server's process can",
    `DROP ROUTINE ${fn}, and write it in SQL or PL/pgSQL`,
  );
}

/**
 * Functions elsewhere that requests may call. What rests on one runs it; where a function's body is text nothing shows what
 * it calls, and it finds by name what is in a schema that requests may use.
 */
export function functionsElsewhere(declaration: Declaration, catalog: Catalog): Finding[] {
  const textual = catalog.functions.some(
    (fn) => fn.body_is_text && fn.definition !== '' && !fn.extension && !isOurs(declaration, fn),
  );
  return catalog.privilegedFunctions
    .filter(({ used_by, found_by_name }) => used_by.length > 0 || found_by_name)
    .flatMap((fn) => {
      const reached = fn.used_by.length > 0 || textual;
      return [
        ...(fn.definer ? [definerElsewhere(fn, reached && !fn.extension)] : []),
        ...fn.settings.map((setting) => functionSetting(fn.function, setting)),
        ...(fn.untrusted && !fn.extension ? [untrustedLanguage(fn.function)] : []),
      ];
    });
}

function definerElsewhere({ function: fn, owner, used_by }: CatalogPrivilegedFunction, reached: boolean): Finding {
  return (reached ? error : warning)(
    'definer_elsewhere',
    fn,
    `runs with the rights of "${owner}", and requests may call it${restedOn(used_by)}`,
    `REVOKE EXECUTE ON ROUTINE ${fn} FROM PUBLIC (and from the roles of the API), or ALTER ROUTINE ${fn} SECURITY INVOKER`,
  );
}

function isOurs(declaration: Declaration, fn: CatalogFunction): boolean {
  const { functions } = desiredAccess(declaration);
  return fn.schema === declaration.privateSchema && functions.some((own) => isSameFunction(own, fn));
}
