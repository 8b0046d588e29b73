import type { Anywhere } from '../../audit/anywhere/anywhere.ts';
import { reachedTables } from '../../audit/anywhere/exposed.ts';
import {
  COMMANDS,
  type SurveyedFunction,
  type SurveyedRelation,
  type RowCommand,
} from '../../audit/anywhere/survey.ts';
import { inheritsFrom } from '../../audit/anywhere/rights.ts';
import type { AccessMap, CellAccess, MapCell, MappedFunction, MappedRelation, MappedRole } from './access-map.ts';
import { callGrantsShown } from './shown-sql.ts';
import { tableAccess, type KnownWords } from './table-access.ts';
import { viewAccess } from './view-access.ts';

const KINDS = { r: 'table', p: 'table', f: 'foreign table', v: 'view', m: 'materialized view' } as const;

/** Maps what a survey of a database says. */
export function mapSurvey(audited: Anywhere, name: string, knownWords: KnownWords = () => undefined): AccessMap {
  const roles = rolesOf(audited);
  return {
    name,
    isCompared: false,
    roles,
    relations: relationsOf(audited).map((relation) => mapRelation(relation, audited, roles, knownWords)),
    functions: functionsOf(audited).map((fn) => mapFunction(fn, audited, roles)),
  };
}

function rolesOf({ scope, survey }: Anywhere): MappedRole[] {
  const names = [...new Set([...(scope.anonymous === undefined ? [] : [scope.anonymous]), ...scope.roles])];
  return names.map((name) => {
    const role = survey.roles.get(name);
    const unbound = role?.superuser ? 'is a superuser' : role?.bypass_rls ? 'passes all policies' : undefined;
    return {
      name,
      isAnonymous: name === scope.anonymous,
      inherits: inheritsFrom(survey, name).sort(),
      ...(unbound !== undefined && { unbound }),
    };
  });
}

/** Tables before views, exposed ones first. */
function relationsOf(audited: Anywhere): SurveyedRelation[] {
  const { survey, reach } = audited;
  const isShown = ({ kind, extension, partition }: SurveyedRelation) =>
    kind !== 'S' && extension === null && !partition;
  const exposed = survey.relations.filter((relation) => reach.isExposed(relation) && isShown(relation));
  const below = reachedTables(audited).filter((table) => !reach.isExposed(table) && isShown(table));
  const isView = ({ kind }: SurveyedRelation) => kind === 'v' || kind === 'm';
  return [...new Set([...exposed.filter((one) => !isView(one)), ...exposed.filter(isView), ...below])];
}

function mapRelation(
  relation: SurveyedRelation,
  audited: Anywhere,
  roles: readonly MappedRole[],
  knownWords: KnownWords,
): MappedRelation {
  const access = relation.kind === 'v' || relation.kind === 'm' ? viewAccess : tableAccess;
  const cell = (role: string, command: RowCommand): CellAccess =>
    access(relation, { audited, role, command, knownWords });
  return {
    schema: relation.schema,
    name: relation.name,
    kind: KINDS[relation.kind as keyof typeof KINDS],
    isExposed: audited.reach.isExposed(relation),
    columns: relation.columns.map(({ name }) => name),
    notes: notesOf(relation),
    cells: roles.flatMap(({ name }) =>
      COMMANDS.map((command): MapCell => ({ role: name, command, ...cell(name, command) })),
    ),
  };
}

function notesOf({
  kind,
  security_invoker: isInvoker,
  owner,
  row_security: isBound,
  reads,
}: SurveyedRelation): string[] {
  const names = reads.map(({ schema, name }) => `${schema}.${name}`).join(', ');
  if (kind === 'm') return [`a copy of ${names}, made with the rights of ${owner}`];
  if (kind === 'v') return [`reads ${names || 'no table'} with the rights of ${isInvoker ? 'who asks' : owner}`];
  return isBound || kind === 'f' ? [] : ['row security is off'];
}

/** Functions that a request can name. */
function functionsOf({ survey, reach }: Anywhere): SurveyedFunction[] {
  const isTriggers = ({ returns }: SurveyedFunction) => returns === 'trigger' || returns === 'event_trigger';
  return survey.functions.filter((fn) => reach.isExposed(fn) && fn.extension === null && !isTriggers(fn));
}

function mapFunction(fn: SurveyedFunction, { reach }: Anywhere, roles: readonly MappedRole[]): MappedFunction {
  const callers = roles.map(({ name }) => name).filter((name) => reach.calls(name, fn));
  const identities = new Set(callers.flatMap((name) => [...reach.identities(name)]));
  return {
    schema: fn.schema,
    name: fn.name,
    signature: fn.signature,
    isDefiner: fn.security_definer,
    owner: fn.owner,
    reads: fn.reads.map(({ schema, name }) => `${schema}.${name}`),
    roles: callers,
    grants: callGrantsShown(fn, identities),
  };
}
