import { functionObject, namedObject } from '../../finding-object.ts';
import { fix, run, type Fix } from '../../fix.ts';
import type { Found } from '../../rule.ts';
import type { Anywhere } from '../anywhere.ts';
import type { AnywhereRule } from '../anywhere-rule.ts';
import { unquotedInputs } from '../bodies/unquoted-inputs.ts';
import { calledFunctions, type CalledFunction } from '../called-functions.ts';
import { grouped } from '../grouped.ts';
import { inheritsFrom } from '../rights.ts';
import { granteesOf, sqlGrantees } from '../request-roles.ts';
import { listed } from '../words.ts';

/** Extensions whose functions reach other servers, files or programs. */
const REACHING = new Set(['dblink', 'http', 'pg_net', 'adminpack', 'pg_background', 'pg_cron']);
const FILE_NAMES = 'pg_read_file|pg_read_binary_file|pg_ls_dir|pg_stat_file|lo_import|lo_export|pg_file_\\w+';
const FILES = new RegExp(`^(?:${FILE_NAMES})$`);
const FILE_CALLS = new RegExp(String.raw`\b(?:${FILE_NAMES})\s*\(`, 'g');
const FILE_ROLES = ['pg_read_server_files', 'pg_write_server_files', 'pg_execute_server_program'];
const CONNECTION_CALLS = /\bdblink(?:_\w+)?\s*\(/g;

export const dangerousFunction: AnywhereRule = {
  id: 'dangerous_function',
  topic: 'exposure',
  levels: ['error', 'info'],
  subject: 'functions',
  why: 'The function reaches files, programs or other servers, or runs SQL that its caller writes. Policies bind none of it.',
  otherLevelWhen: 'where nothing of the API leads to the function',
  fix: 'Revoke EXECUTE. Where the API needs the function, call it with values that no request chooses.',
  find: (audited) => [
    ...exposedCatalog(audited),
    ...exposedFunctions(audited),
    ...callingFunctions(audited),
    ...unreachedFunctions(audited),
  ],
};

function exposedCatalog({ reach, scope }: Anywhere): Found[] {
  const schema = 'pg_catalog';
  if (!reach.isExposed({ schema })) return [];
  return [
    {
      object: namedObject('schema', schema),
      problem: `is exposed, so that ${listed(scope.roles)} may call query_to_xml(), which runs any SQL`,
      fix: fix('take it out of db-schemas of PostgREST'),
    },
  ];
}

/** One finding for all functions of an extension. */
function exposedFunctions(audited: Anywhere): Found[] {
  const { survey, scope, reach } = audited;
  const names = new Map(survey.extensions.map(({ id, name }) => [id, name]));
  const open = survey.functions.filter(
    (fn) =>
      fn.extension !== null &&
      REACHING.has(names.get(fn.extension) ?? '') &&
      reach.isExposed(fn) &&
      scope.roles.some((role) => reach.calls(role, fn)),
  );
  return [...grouped(open, ({ extension }) => names.get(extension!)!)].map(([name, functions]) => {
    const roles = scope.roles.filter((role) => functions.some((fn) => reach.calls(role, fn)));
    const called = [...new Set(functions.map((fn) => `${fn.name}()`))];
    const grantees = granteesOf(
      audited,
      functions.flatMap(({ grants }) => grants),
      () => true,
    );
    return {
      object: { kind: 'extension', name, text: `extension ${name}` },
      problem: `lets ${listed(roles)} call ${listed(called)}, which reach beyond this database`,
      fix: fix(
        'revoke EXECUTE on its functions, or put it into a schema that is not exposed',
        `REVOKE EXECUTE ON ROUTINE ${functions.map(({ signature }) => signature).join(', ')} FROM ${sqlGrantees(grantees)}`,
      ),
    };
  });
}

/** Functions of the API that pass what a request sends to such a function, or run it as SQL. */
function callingFunctions(audited: Anywhere): Found[] {
  return calledFunctions(audited).flatMap((called): Found[] => {
    const { fn, roles } = called;
    const danger = dangerOf(audited, called);
    if (danger === undefined) return [];
    return [
      {
        object: functionObject(fn),
        problem: `${danger}, and ${listed(roles)} may call it`,
        fix: revokeExecute(audited, called),
      },
    ];
  });
}

function dangerOf(audited: Anywhere, { fn, asCaller, names }: CalledFunction): string | undefined {
  const body = audited.texts.bodyOf(fn);
  const isDynamic = asCaller && /\bexecute\b|\bquery_to_xml|\bts_stat\b/i.test(body);
  const callsFiles = names.calls.some(({ name }) => FILES.test(name)) && reachesFiles(audited, fn.owner, asCaller);
  const connects = names.calls.some(({ name }) => /^dblink/.test(name));
  if (!isDynamic && !callsFiles && !connects) return undefined;
  const inputs = unquotedInputs(fn, body);
  if (callsFiles && inputs.passedTo(FILE_CALLS).length > 0)
    return 'reaches files of the server that its arguments name';
  if (connects && inputs.passedTo(CONNECTION_CALLS).length > 0) {
    return 'opens connections, or runs SQL on them, as its arguments say';
  }
  if (isDynamic && inputs.inSql.length > 0) {
    return 'runs SQL that its arguments are part of, in which a caller can set claims';
  }
  return undefined;
}

/** True if a function reaches files: with its owner's rights, or as a caller who was granted it. */
function reachesFiles({ survey, scope, reach }: Anywhere, owner: string, asCaller: boolean): boolean {
  const users = asCaller ? scope.roles : [owner];
  return users.some(
    (user) =>
      (survey.roles.get(user)?.superuser ?? false) ||
      inheritsFrom(survey, user).some((role) => FILE_ROLES.includes(role)) ||
      survey.serverFunctions.some(
        ({ name, grants }) => FILES.test(name) && grants.some(({ grantee }) => reach.identities(user).has(grantee)),
      ),
  );
}

function revokeExecute(audited: Anywhere, { fn }: CalledFunction): Fix {
  const grantees = granteesOf(audited, fn.grants, (privilege) => privilege === 'EXECUTE');
  if (grantees.length === 0) return fix('call it with values that no request chooses');
  return run(`REVOKE EXECUTE ON ROUTINE ${fn.signature} FROM ${sqlGrantees(grantees)}`);
}

/** Postgres' own functions that were granted to roles of requests, and to which no function of the API passes anything. */
function unreachedFunctions(audited: Anywhere): Found[] {
  return audited.survey.serverFunctions.flatMap((fn): Found[] => {
    const grantees = granteesOf(audited, fn.grants, (privilege) => privilege === 'EXECUTE');
    if (grantees.length === 0 || !FILES.test(fn.name)) return [];
    return [
      {
        level: 'info',
        object: functionObject({ schema: 'pg_catalog', name: fn.name, signature: fn.signature }),
        problem: `was granted to ${listed(grantees)}`,
        fix: run(
          `REVOKE EXECUTE ON FUNCTION pg_catalog.${fn.signature.replace(/^pg_catalog\./, '')} FROM ${sqlGrantees(grantees)}`,
        ),
      },
    ];
  });
}
