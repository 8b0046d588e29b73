import { matches } from '../../compile/same-function.ts';
import { bodyNames, mayName, type BodyName, type TableName } from '../../postgres/catalog/body-names.ts';
import type { CatalogFunction, CatalogRelation } from '../../postgres/catalog/catalog.ts';
import { quoteIdentifier } from '../../postgres/quote.ts';
import { functionObject } from '../finding-object.ts';
import { fix } from '../fix.ts';
import type { Audited, CatalogRule, Found } from '../rule.ts';

type Command = TableName['command'];

const EFFECTS: Readonly<Record<Command, string>> = {
  select: 'reads no row of',
  insert: 'can add no row to',
  update: 'changes no row of',
  delete: 'deletes no row of',
};

export const definerWithoutPolicy: CatalogRule = {
  id: 'definer_without_policy',
  levels: ['warning'],
  subject: 'functions',
  why:
    "A function with its owner's rights names a table on which no policy is for the owner. " +
    'Row security is forced, so the function reads no row there, without an error. It can add none either.',
  fix: "Declare a policy to the owner's role on the table, for what the function does.",
  check: (audited) =>
    reachableDefiners(audited).flatMap((fn) =>
      tablesMet(fn, audited)
        .filter(({ table, command }) => !reaches(audited, table, command))
        .map(({ table, command }) => unreached(fn, table, command, audited.scope.owner)),
    ),
};

function unreached(fn: CatalogFunction, { schema, name }: CatalogRelation, command: Command, owner: string): Found {
  return {
    object: functionObject(fn),
    problem: `runs as "${owner}" and ${EFFECTS[command]} ${schema}.${name}, which has no policy for that`,
    fix: fix(`declare a policy on it, such as allRows({ to: '${owner}', for: '${command}' })`),
  };
}

/** Functions of the owner that requests reach by a call or a write, and that run with its rights. */
function reachableDefiners({ catalog, scope, accepted }: Audited): CatalogFunction[] {
  const fired = new Set(catalog.definerTriggers.map((trigger) => trigger.function));
  return catalog.functions.filter(
    (fn) =>
      fn.security_definer &&
      fn.owner === scope.owner &&
      (fn.grants.length > 0 || fired.has(fn.signature)) &&
      !accepted.ownFunctions.some((own) => matches(own, fn)),
  );
}

interface Met {
  readonly table: CatalogRelation;
  readonly command: Command;
}

/** Tables with FORCE that a function names, or one that it calls. A view stands for the tables that it reads. */
function tablesMet(fn: CatalogFunction, { catalog }: Audited): Met[] {
  const met = new Map<string, Met>();
  const visited = new Set<CatalogFunction>();
  const visit = (visiting: CatalogFunction) => {
    if (visited.has(visiting)) return;
    visited.add(visiting);
    const { calls, tables } = bodyNames(visiting);
    const path = searchPath(visiting);
    const finds = (name: BodyName, object: { readonly schema: string; readonly name: string }) =>
      mayName(name, object) && (name.schema !== undefined || !path || path.includes(object.schema));
    for (const name of tables) {
      for (const relation of catalog.relations.filter((one) => finds(name, one))) meet(relation, name.command);
    }
    for (const called of catalog.functions) if (calls.some((name) => finds(name, called))) visit(called);
  };
  const meet = (table: CatalogRelation, command: Command) => {
    const key = JSON.stringify([table.schema, table.name, command]);
    if (met.has(key)) return;
    met.set(key, { table, command });
    if (table.kind !== 'v') return;
    for (const { needs_schema: schema, needs_name: name } of catalog.dependencies.filter(
      (one) => one.needs === 'relation' && one.schema === table.schema && one.name === table.name,
    )) {
      const read = catalog.relations.find((one) => one.schema === schema && one.name === name);
      if (read) meet(read, command);
    }
  };
  visit(fn);
  return [...met.values()].filter(({ table }) => table.force_row_security);
}

function searchPath({ settings }: CatalogFunction): readonly string[] | undefined {
  const setting = settings.find((one) => one.startsWith('search_path='));
  return setting
    ?.slice('search_path='.length)
    .split(',')
    .map((schema) => schema.trim().replace(/^"(.*)"$/, '$1'));
}

function reaches({ catalog, scope }: Audited, { schema, name }: CatalogRelation, command: Command): boolean {
  return catalog.policies.some(
    (policy) =>
      policy.schema === schema &&
      policy.table === name &&
      policy.permissive &&
      (policy.command === null || policy.command === command) &&
      (policy.roles === null ||
        policy.roles.some((role) => [scope.owner, quoteIdentifier(scope.owner)].includes(role))),
  );
}
