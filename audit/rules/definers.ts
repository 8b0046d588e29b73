import { matches } from '../../compile/same-function.ts';
import type { CatalogFunction, CatalogRelation } from '../../postgres/catalog/catalog.ts';
import { quoteIdentifier } from '../../postgres/quote.ts';
import { functionObject } from '../finding-object.ts';
import { fix } from '../fix.ts';
import type { Audited, CatalogRule, Found } from '../rule.ts';
import { tablesMet, type Met } from '../tables-met.ts';

type Command = Met['command'];

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
  topic: 'failure',
  why:
    "A function with its owner's rights names a table on which no policy is for the owner. " +
    'Row security is forced, so the function reads no row there, without an error. It can add none either.',
  fix: "Declare a policy to the owner's role on the table, for what the function does.",
  check: (audited) =>
    reachableDefiners(audited).flatMap((fn) =>
      tablesMet(fn, audited.catalog)
        .filter(({ table, command }) => table.force_row_security && !reaches(audited, table, command))
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
