import { groupBy } from '../../../audit/group-by.ts';
import { once } from '../../../audit/anywhere/once.ts';
import { namesIn } from '../../../postgres/catalog/body-names.ts';
import type {
  ReferenceAction,
  RowCommand,
  SurveyedFunction,
  SurveyedRelation,
} from '../../../audit/anywhere/survey.ts';
import type { ParsedCatalog } from './parsed-catalog.ts';
import { resultsOf } from './queries.ts';
import { all } from './script.ts';
import { environmentOf } from './sql.ts';
import { kindOf, type Scalar, type Value } from './values.ts';
import { viewsIn } from './views.ts';
import { dependsOn, meetingOf, violates, type Question, type Way } from './way.ts';

/** Functions that a role's requests call by their names. */
function callableFunctions(role: string, { audited }: ParsedCatalog): readonly SurveyedFunction[] {
  const { survey, reach } = audited;
  return survey.functions.filter((fn) => reach.isExposed(fn) && !fn.of_triggers && reach.calls(role, fn));
}

/**
 * Functions that lend other rights to a role's requests: called by name, or by what requests call. For writes also by
 * policies and defaults, and by triggers of tables that other functions and foreign keys write.
 */
export function lendingFunctions(
  role: string,
  command: RowCommand,
  catalog: ParsedCatalog,
): readonly SurveyedFunction[] {
  const { survey, reach, texts } = catalog.audited;
  const called = new Set(callableFunctions(role, catalog));
  for (const relation of survey.relations) {
    const access = reach.access(role, relation);
    if (access.length === 0) continue;
    if (relation.kind === 'v') for (const fn of relation.calls) called.add(fn);
    for (const { enabled, on, function: fn } of relation.triggers) {
      if (enabled && fn && access.some((one) => (on as readonly string[]).includes(one.command))) called.add(fn);
    }
    if (command !== 'select' && relation.kind !== 'v') {
      for (const fn of relation.calls) called.add(fn);
      for (const { calls } of relation.policies) for (const fn of calls) called.add(fn);
    }
  }
  const lent = command === 'select' ? new Set<SurveyedFunction>() : triggersOfOthers(role, called, catalog);
  for (const fn of called) for (const inner of texts.calledBy(fn)) called.add(inner);
  return [...called].filter(
    (fn) => fn.extension === null && (fn.security_definer || changesIdentity(fn, catalog) || lent.has(fn)),
  );
}

/** Trigger functions that run with an owner's rights: on tables that functions or foreign keys write. Adds to what is called. */
function triggersOfOthers(
  role: string,
  called: Set<SurveyedFunction>,
  catalog: ParsedCatalog,
): ReadonlySet<SurveyedFunction> {
  const { survey, reach, texts } = catalog.audited;
  const takenBy = (relation: SurveyedRelation) =>
    (takenWith(catalog.audited).get(relation) ?? []).map(({ table }) => table);
  const lent = new Set<SurveyedFunction>();
  const written = new Set<SurveyedRelation>();
  const write = (relations: readonly SurveyedRelation[]) => {
    for (const relation of relations) {
      if (written.has(relation)) continue;
      written.add(relation);
      for (const { enabled, function: fn } of relation.triggers) {
        if (!enabled || !fn) continue;
        lent.add(fn);
        called.add(fn);
      }
      write(takenBy(relation));
    }
  };
  for (const relation of survey.relations) {
    if (reach.may(role, relation, 'delete') || reach.may(role, relation, 'update')) write(takenBy(relation));
  }
  for (const fn of called) {
    for (const inner of texts.calledBy(fn)) called.add(inner);
    if (!fn.security_definer && !lent.has(fn)) continue;
    for (const one of withCalled(fn, catalog)) if (WRITES.test(texts.bodyOf(one))) write(namedRelations(one, catalog));
  }
  return lent;
}

/** Tables whose rows foreign keys delete or change with those of a table, by that table. */
const takenWith = once(({ survey }) => {
  const acts = (action: ReferenceAction) => action !== 'no action' && action !== 'restrict';
  const taken = survey.relations.flatMap((table) =>
    table.references
      .filter(({ on_delete, on_update }) => acts(on_delete) || acts(on_update))
      .map(({ referenced }) => ({ referenced, table })),
  );
  return groupBy(taken, ({ referenced }) => referenced);
});

/** Tables and views that a function names, and what those views read. */
function namedRelations(fn: SurveyedFunction, { audited }: ParsedCatalog): readonly SurveyedRelation[] {
  const named = namesIn(audited.texts.bodyOf(fn)).tables;
  const found = audited.survey.relations.filter(
    (relation) =>
      fn.reads.includes(relation) ||
      named.some(({ schema, name }) => name === relation.name && (schema ?? relation.schema) === relation.schema),
  );
  return [...new Set([...found, ...found.flatMap(({ kind, reads }) => (kind === 'v' ? reads : []))])];
}

const WRITES = /\b(?:insert|update|delete|merge|truncate|copy)\b/i;
const DYNAMIC = /\bexecute\b/i;
const OTHER_IDENTITY =
  /\bset_config\b|\bset\s+(?:(?:local|session)\s+)?(?:role\b|session\s+authorization\b|"?request\.)/i;

/** True for a function that sets a role or claims, so that policies see another requester than the token's. */
function changesIdentity(fn: SurveyedFunction, { audited }: ParsedCatalog): boolean {
  return (
    fn.settings.some((setting) => /^(?:role|session_authorization|request\.)/i.test(setting)) ||
    OTHER_IDENTITY.test(audited.texts.bodyOf(fn))
  );
}

/** The function, and those that it calls with its rights. */
function withCalled(fn: SurveyedFunction, { audited }: ParsedCatalog): readonly SurveyedFunction[] {
  const found = new Set([fn]);
  for (const one of found) {
    for (const inner of audited.texts.calledBy(one)) if (!inner.security_definer) found.add(inner);
  }
  return [...found].filter(({ extension }) => extension === null);
}

function namesTable(fn: SurveyedFunction, { catalog, table }: Question): boolean {
  const views = viewsIn(catalog.audited).filter((one) => one.kind === 'v' && dependsOn(one, table));
  const named = namesIn(catalog.audited.texts.bodyOf(fn)).tables;
  return (
    named.some(({ schema, name }) => name === table.name && (schema === undefined || schema === table.schema)) ||
    fn.reads.includes(table) ||
    fn.reads.some((one) => views.includes(one)) ||
    named.some(({ name }) => views.some((view) => view.name === name))
  );
}

/** Views without a path of their own, which lend their owner's rights to functions with the requester's rights. */
export function hiddenViews({ role, command, catalog, table }: Question): string[] {
  const { reach } = catalog.audited;
  const hidden = viewsIn(catalog.audited).filter(
    (view) =>
      (view.kind === 'm' || (view.kind === 'v' && !view.security_invoker)) &&
      !reach.isExposed(view) &&
      dependsOn(view, table) &&
      reach.may(role, view, command),
  );
  if (hidden.length === 0) return [];
  const callable = callableFunctions(role, catalog).filter((fn) => !fn.security_definer);
  return hidden.flatMap((view) =>
    callable
      .filter((fn) =>
        withCalled(fn, catalog).some(
          (one) =>
            one.reads.includes(view) ||
            namesIn(catalog.audited.texts.bodyOf(one)).tables.some(({ name }) => name === view.name),
        ),
      )
      .map((fn) => `view ${view.schema}.${view.name}, which function ${fn.signature} names`),
  );
}

/** A function that reads the table with other rights than the requester's; words for one that is not modelled. */
export function functionWay(fn: SurveyedFunction, question: Question): Way | string | undefined {
  const { catalog, table, command, role } = question;
  const bodyOf = (one: SurveyedFunction) => catalog.audited.texts.bodyOf(one);
  const isDynamic = (one: SurveyedFunction) => DYNAMIC.test(bodyOf(one)) && one.language !== 'sql';
  const run = withCalled(fn, catalog);
  const reading = run.filter((one) => namesTable(one, question) || isDynamic(one));
  if (reading.length === 0) return undefined;
  const mayWrite = (one: SurveyedFunction) =>
    !['sql', 'plpgsql'].includes(one.language) || WRITES.test(bodyOf(one)) || isDynamic(one);
  if (command !== 'select' && !run.some(mayWrite)) return undefined;
  if (fn.of_triggers && command === 'select') return undefined;
  const query = catalog.query(fn);
  const isOtherRequester = run.some((one) => changesIdentity(one, catalog));
  if (isOtherRequester) return `function ${fn.signature} sets a role or claims`;
  const isRead = (one: SurveyedFunction) =>
    catalog.query(one) !== undefined && (one === fn || catalog.functions(one.schema, one.name).length === 1);
  const piece = `function ${fn.signature} runs as ${fn.owner}, whose rights reach the table`;
  if (command !== 'select' || !query || fn.of_triggers || !reading.every(isRead)) return piece;
  return {
    request: { way: 'function', schema: fn.schema, name: fn.name },
    build: (world) => {
      const before = world.addRow(table, 'subject', true);
      const environment = environmentOf(world, catalog, role);
      const meeting = meetingOf(before);
      const args = fn.arguments.map((type, n): [string, Scalar] => [
        fn.argument_names[n] || `$${n + 1}`,
        world.open(kindOf(type), `argument ${n}`),
      ]);
      const values = new Map<string, Value>(args);
      args.forEach(([, value], n) => values.set(`$${n + 1}`, value));
      resultsOf(query, {
        ...environment,
        role: fn.owner,
        user: fn.owner,
        arguments: values,
        depth: 1,
        track: meeting.track,
      });
      return { term: all(meeting.term(), violates(before, question, world)), before, arguments: new Map(args) };
    },
  };
}
