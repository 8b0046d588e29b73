import { quoteIdentifier } from '../../../postgres/quote.ts';
import { functionObject, namedObject, relationObject } from '../../finding-object.ts';
import { fix, run } from '../../fix.ts';
import { sqlName } from '../../relations.ts';
import type { Found } from '../../rule.ts';
import type { Anywhere } from '../anywhere.ts';
import type { AnywhereRule } from '../anywhere-rule.ts';
import { calledFunctions } from '../called-functions.ts';
import { isTable } from '../exposed.ts';
import { groupBy } from '../../group-by.ts';
import { isForeign } from '../platform.ts';
import { granteesOf, requestGrantees, granteeWord, sqlGrantees } from '../request-roles.ts';
import { COMMANDS, type SurveyedFunction, type SurveyedRelation } from '../survey.ts';
import { listed } from '../words.ts';

export const grantedToPublic: AnywhereRule = {
  id: 'granted_to_public',
  topic: 'exposure',
  levels: ['warning', 'info'],
  subject: 'grants',
  why: 'Every role is a member of PUBLIC, and so is each role that is made later.',
  otherLevelWhen: 'where policies bind, and for functions that run with the rights of their callers',
  fix: 'Revoke the grant from PUBLIC, and grant it to the roles that need it.',
  find: (audited) => [...publicRelations(audited), ...undoneRevocations(audited), ...publicFunctions(audited)],
};

function publicRelations(audited: Anywhere): Found[] {
  const { survey, scope, reach } = audited;
  return survey.relations
    .filter((relation) => relation.kind !== 'S' && relation.extension === null && reach.isExposed(relation))
    .flatMap((relation) => {
      const open = new Set(
        [...relation.grants, ...relation.columns.flatMap(({ grants }) => grants)]
          .filter(({ grantee }) => grantee === 'public')
          .map(({ privilege }) => privilege),
      );
      const commands = COMMANDS.filter((command) => open.has(command.toUpperCase()));
      if (commands.length === 0) return [];
      const roles = scope.roles.filter((role) => reach.usesSchema(role, relation.schema));
      const words = commands.join(', ').toUpperCase();
      return {
        level: roles.length > 0 && !isBound(relation) ? 'warning' : 'info',
        object: relationObject(relation),
        problem: `grants ${words} to PUBLIC${roles.length > 0 ? `, and so to ${listed(roles)}` : ''}`,
        fix: run(
          `REVOKE ${words} ON TABLE ${sqlName(relation)} FROM PUBLIC`,
          ', and grant it to the roles that need it',
        ),
      } satisfies Found;
    });
}

/** True if policies decide what a grant reaches: those of the table, or of the tables that a view reads as its reader. */
function isBound(relation: SurveyedRelation): boolean {
  return isTable(relation) ? relation.row_security : relation.kind === 'v' && relation.security_invoker;
}

/** Functions with their owner's rights that are granted to some roles, and to all others through PUBLIC. */
function undoneRevocations({ survey, scope, reach }: Anywhere): Found[] {
  return survey.functions
    .filter(
      (fn) => fn.security_definer && fn.extension === null && !fn.of_triggers && reach.isExposed(fn) && isPublic(fn),
    )
    .flatMap((fn) => {
      const others = fn.grants.filter(({ grantee }) => grantee !== 'public').map(({ grantee }) => grantee);
      const unnamed = scope.roles.filter(
        (role) => reach.calls(role, fn) && ![...reach.identities(role)].some((own) => others.includes(own)),
      );
      if (others.length === 0 || unnamed.length === 0) return [];
      return {
        object: functionObject(fn),
        problem: `is granted to ${listed(others)}, and through PUBLIC to ${listed(unnamed)} too`,
        fix: run(`REVOKE EXECUTE ON ROUTINE ${fn.signature} FROM PUBLIC`),
      };
    });
}

/** One finding for all functions of an exposed schema: EXECUTE for PUBLIC is Postgres' own default. */
function publicFunctions({ survey, scope, reach }: Anywhere): Found[] {
  return scope.schemas.flatMap((schema) => {
    const open = survey.functions.filter(
      (fn) => fn.schema === schema && !fn.security_definer && fn.extension === null && !fn.of_triggers && isPublic(fn),
    );
    if (open.length === 0 || !scope.roles.some((role) => reach.usesSchema(role, schema))) return [];
    return {
      level: 'info',
      object: namedObject('schema', schema),
      problem: `has ${open.length} function${open.length > 1 ? 's' : ''} that PUBLIC may execute, with the rights of the caller`,
      fix: fix(
        'revoke EXECUTE from PUBLIC, and grant it to the roles that need it',
        `REVOKE EXECUTE ON ROUTINE ${open.map(({ signature }) => signature).join(', ')} FROM PUBLIC`,
      ),
    };
  });
}

function isPublic({ grants }: SurveyedFunction): boolean {
  return grants.some(({ grantee, privilege }) => grantee === 'public' && privilege === 'EXECUTE');
}

export const createOnSchema: AnywhereRule = {
  id: 'create_on_schema',
  topic: 'exposure',
  levels: ['error', 'warning', 'info'],
  subject: 'grants',
  why: 'A role that may create in a schema can put its own object where a function or a request looks for another one.',
  otherLevelWhen:
    'where no function with the rights of its owner looks for names in the schema; only for information where requests do not either',
  fix: 'Revoke CREATE on the schema.',
  find: (audited) => {
    const { survey, scope, reach } = audited;
    const searched = schemasOfDefiners(audited);
    return [...survey.schemas.values()].flatMap((schema): Found[] => {
      if (schema.extension || isForeign(audited, { schema: schema.name, extension: null })) return [];
      const grantees = granteesOf(audited, schema.grants, (privilege) => privilege === 'CREATE');
      if (grantees.length === 0) return [];
      const isSearched = reach.isExposed({ schema: schema.name }) || scope.extraSchemas.includes(schema.name);
      const roles = scope.roles.filter((role) => grantees.some((grantee) => reach.identities(role).has(grantee)));
      return [
        {
          level: searched.has(schema.name) ? 'error' : isSearched ? 'warning' : 'info',
          object: namedObject('schema', schema.name),
          problem: `lets ${listed(roles)} create objects${searched.has(schema.name) ? `, and ${searched.get(schema.name)} looks for names there` : ''}`,
          fix: run(`REVOKE CREATE ON SCHEMA ${quoteIdentifier(schema.name)} FROM ${sqlGrantees(grantees)}`),
        },
      ];
    });
  },
};

/** Schemas in which functions with their owner's rights look for names, each with one of these functions. */
function schemasOfDefiners(audited: Anywhere): ReadonlyMap<string, string> {
  const { survey, scope, reach } = audited;
  const found = new Map<string, string>();
  for (const fn of survey.functions) {
    if (!fn.security_definer || isForeign(audited, fn)) continue;
    if (!fn.of_triggers && !scope.roles.some((role) => reach.calls(role, fn))) continue;
    const path = fn.settings.find((setting) => setting.startsWith('search_path='))?.slice('search_path='.length);
    const schemas =
      path === undefined
        ? [...scope.schemas, ...scope.extraSchemas]
        : path.split(',').map((name) => name.trim().replace(/^"(.*)"$/, '$1'));
    for (const schema of schemas) if (!found.has(schema)) found.set(schema, fn.signature);
  }
  return found;
}

const BEYOND_ROWS = ['TRUNCATE', 'REFERENCES', 'TRIGGER', 'MAINTAIN'];

export const truncateGranted: AnywhereRule = {
  id: 'truncate_granted',
  topic: 'exposure',
  levels: ['info', 'warning'],
  subject: 'grants',
  why: 'TRUNCATE passes all policies. No request runs it by itself, nor what REFERENCES, TRIGGER and MAINTAIN allow.',
  otherLevelWhen: 'where a function that requests may call empties the table',
  fix: 'Revoke the privileges: no request needs them.',
  find: (audited) => {
    const emptied = emptiedTables(audited);
    return [...emptied.values(), ...grantedBeyondRows(audited, (table) => emptied.has(table))];
  },
};

/** Tables that functions empty with the rights of their callers. */
function emptiedTables(audited: Anywhere): ReadonlyMap<SurveyedRelation, Found> {
  const { survey, texts, reach } = audited;
  const truncating = calledFunctions(audited)
    .filter(({ asCaller }) => asCaller)
    .flatMap((called) => truncatedIn(texts.bodyOf(called.fn)).map((name) => ({ ...called, name })));
  const byTable = groupBy(truncating, ({ name }) => name);
  const found = new Map<SurveyedRelation, Found>();
  for (const table of survey.relations.filter(isTable)) {
    const by = (byTable.get(table.name) ?? []).map(({ fn, roles }) => ({
      fn,
      roles: roles.filter((role) => reach.holds(role, table, 'TRUNCATE')),
    }));
    const roles = [...new Set(by.flatMap((one) => one.roles))];
    const grantees = granteesOf(audited, table.grants, (privilege) => privilege === 'TRUNCATE');
    if (roles.length === 0 || grantees.length === 0) continue;
    found.set(table, {
      level: 'warning',
      object: relationObject(table),
      problem: `is emptied past its policies by ${by[0]!.fn.signature}, which ${listed(roles)} may call`,
      fix: run(`REVOKE TRUNCATE ON TABLE ${sqlName(table)} FROM ${sqlGrantees(grantees)}`),
    });
  }
  return found;
}

/** Names of the tables that a body empties, whatever their schemas are. */
function truncatedIn(body: string): string[] {
  return [...body.matchAll(/\btruncate\s+(?:table\s+)?([^;']*)/gi)].flatMap(([, tables = '']) =>
    tables.split(',').flatMap((table) => {
      const name = /^\s*(?:only\s+)?(?:(?:[\w$]+|"[^"]+")\s*\.\s*)?([\w$]+|"[^"]+")/i.exec(table)?.[1];
      return name === undefined ? [] : [name.startsWith('"') ? name.slice(1, -1) : name.toLowerCase()];
    }),
  );
}

/** One finding for all tables of a schema. */
function grantedBeyondRows(audited: Anywhere, isEmptied: (table: SurveyedRelation) => boolean): Found[] {
  const { survey, reach } = audited;
  const bySchema = new Map<string, { tables: SurveyedRelation[]; grantees: Set<string>; privileges: Set<string> }>();
  for (const table of survey.relations) {
    if (!isTable(table) || isForeign(audited, table)) continue;
    const counts = (privilege: string) =>
      BEYOND_ROWS.includes(privilege) && !(privilege === 'TRUNCATE' && isEmptied(table));
    const grantees = granteesOf(audited, table.grants, counts);
    if (grantees.length === 0) continue;
    const found = bySchema.get(table.schema) ?? { tables: [], grantees: new Set(), privileges: new Set() };
    bySchema.set(table.schema, found);
    found.tables.push(table);
    for (const grantee of grantees) found.grantees.add(grantee);
    for (const { grantee, privilege } of table.grants) {
      if (grantees.includes(grantee) && counts(privilege)) found.privileges.add(privilege);
    }
  }
  return [...bySchema].map(([schema, { tables, grantees, privileges }]) => {
    const words = BEYOND_ROWS.filter((privilege) => privileges.has(privilege)).join(', ');
    const roles = [...new Set([...grantees].flatMap((grantee) => requestGrantees(audited).get(grantee)!))];
    return {
      object: namedObject('schema', schema),
      problem:
        `has ${tables.length} table${tables.length > 1 ? 's' : ''} on which ${listed(roles)} ha${roles.length > 1 ? 've' : 's'} ${words}` +
        (reach.isExposed({ schema }) ? '' : ', and it is not exposed'),
      fix: fix(
        `revoke ${words} from ${listed([...grantees].map(granteeWord))}`,
        `REVOKE ${words} ON TABLE ${tables.map(sqlName).join(', ')} FROM ${sqlGrantees([...grantees])}`,
      ),
    };
  });
}

export const columnGrantUndone: AnywhereRule = {
  id: 'column_grant_undone',
  topic: 'exposure',
  levels: ['warning', 'info'],
  subject: 'grants',
  why: 'A grant on the whole table makes grants on some of its columns void. Revoking a column has no effect then.',
  otherLevelWhen: 'where the role reaches no row of the table',
  fix: 'Revoke the grant on the table, and grant the columns.',
  find: (audited) => {
    const { survey, reach } = audited;
    return survey.relations
      .filter((relation) => relation.kind !== 'S' && !isForeign(audited, relation))
      .flatMap((relation) =>
        COMMANDS.filter((command) => command !== 'delete').flatMap((command): Found[] => {
          const privilege = command.toUpperCase();
          const columns = new Map<string, string[]>();
          for (const { name, grants } of relation.columns) {
            for (const { grantee } of grants.filter((grant) => grant.privilege === privilege)) {
              columns.set(grantee, [...(columns.get(grantee) ?? []), name]);
            }
          }
          return [...columns].flatMap(([grantee, names]): Found[] => {
            const roles = (requestGrantees(audited).get(grantee) ?? []).filter((role) =>
              reach.may(role, relation, command),
            );
            const own = grantee === 'public' ? new Set(['public']) : reach.identities(grantee);
            const whole = [
              ...new Set(
                relation.grants
                  .filter((grant) => grant.privilege === privilege && own.has(grant.grantee))
                  .map((grant) => grant.grantee),
              ),
            ];
            if (roles.length === 0 || whole.length === 0 || names.length === relation.columns.length) return [];
            const table = sqlName(relation);
            const isReached =
              reach.isExposed(relation) &&
              roles.some((role) => !isTable(relation) || audited.extent(role, relation, command) !== 'none');
            return [
              {
                level: isReached ? 'warning' : 'info',
                object: relationObject(relation),
                problem:
                  `grants ${privilege} on ${listed(names)} to ${granteeWord(grantee)}, ` +
                  `and on all columns to ${listed(whole.map(granteeWord))}`,
                fix: fix(
                  `revoke ${privilege} on the table from ${listed(whole.map(granteeWord))}, and grant the columns`,
                  `REVOKE ${privilege} ON TABLE ${table} FROM ${sqlGrantees(whole)}`,
                  `GRANT ${privilege} (${names.map(quoteIdentifier).join(', ')}) ON TABLE ${table} TO ${sqlGrantees([grantee])}`,
                ),
              },
            ];
          });
        }),
      );
  },
};
