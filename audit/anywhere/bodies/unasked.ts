import { namesIn } from '../../../postgres/catalog/body-names.ts';
import type { Anywhere } from '../anywhere.ts';
import { onceFor } from '../once.ts';
import type { RowCommand, SurveyedFunction, SurveyedRelation } from '../survey.ts';
import { shownTables } from '../view-tables.ts';
import { objectsIn } from './body-objects.ts';
import { maskedBody, statementsIn } from './masked-body.ts';

/** A table that a function reaches without asking who calls. */
export interface UnaskedTable {
  readonly table: SurveyedRelation;
  readonly command: RowCommand;
  /** Role whose rights count on the table. */
  readonly as: string;
}

/** A value that a request brings, or a setting that a function before it has made of that. */
const READS_REQUEST = /\brequest\.(?:jwt|headers|cookies)\b|\bcurrent_setting\s*\(\s*'(?!request\.)\w+\.\w/i;
/** The role of a request says nothing of who calls. */
const READS_ROLE =
  /\bcurrent_setting\s*\(\s*'request\.jwt\.claims'(?:(?!->)[^;])*->>\s*'role'|\bcurrent_setting\s*\(\s*'request\.jwt\.claim\.role'|\bauth\s*\.\s*role\s*\(\s*\)/gi;
const GATES = /\b(?:if|elsif|assert|while)\b/;
const RAISES = /\braise\b/i;
const NAME = String.raw`"?[\w$]+"?`;
const SETS = [
  new RegExp(String.raw`(${NAME})\s*:=`, 'g'),
  new RegExp(String.raw`^\s*(?:declare\s+)?(${NAME})\s[^;]*(?:\bdefault\b|=)`, 'g'),
  new RegExp(String.raw`(?<!\b(?:insert|merge)\s+)\binto\s+(?:strict\s+)?(${NAME}(?:\s*,\s*${NAME})*)`, 'g'),
  new RegExp(String.raw`\bfor(?:each)?\s+(${NAME})\s+in\b`, 'g'),
];

/**
 * Finds the tables of those statements of a function that name no claim but the role, nor what another has found by one.
 * There are none where a statement rejects callers by a claim: what ran before it has no effect.
 */
export const unaskedTables = onceFor((audited, fn: SurveyedFunction) => tablesOf(audited, fn, fn.owner, new Set()));

function tablesOf(
  audited: Anywhere,
  fn: SurveyedFunction,
  caller: string,
  visited: Set<SurveyedFunction>,
): UnaskedTable[] {
  if (visited.has(fn)) return [];
  visited.add(fn);
  const as = fn.security_definer ? fn.owner : caller;
  const found: UnaskedTable[] = [];
  const known = new Set<string>();
  for (const statement of statementsIn(audited.texts.bodyOf(fn))) {
    const { text } = maskedBody(statement);
    const objects = objectsIn(audited, fn, statement);
    if (asks(audited, statement) || names(text, known)) {
      if (GATES.test(text) || objects.functions.some((called) => raises(audited, called))) return [];
      for (const name of setBy(text)) known.add(name);
      if (objects.relations.length > 0 && !/\binsert\b/.test(text)) known.add('found');
      continue;
    }
    for (const { relation, command } of objects.relations) {
      if (relation.kind === 'v' || relation.kind === 'm') {
        found.push(
          ...shownTables(audited, relation, as).map((shown) => ({ table: shown.table, as: shown.as, command })),
        );
      } else {
        found.push({ table: relation, command, as });
      }
    }
    for (const called of objects.functions) found.push(...tablesOf(audited, called, as, visited));
  }
  return found;
}

/** True if SQL reads what a request brings, other than the role, by itself or through a function. */
function asks({ texts }: Anywhere, sql: string): boolean {
  const rest = withoutChoices(sql).replace(READS_ROLE, ' ');
  if (READS_REQUEST.test(rest)) return true;
  return namesIn(rest).calls.some(({ schema, name }) =>
    texts.named(schema, name).some((fn) => texts.readsRequest(fn) && !readsRoleOnly(texts.bodyOf(fn))),
  );
}

/** True for a function that may reject its caller, by itself or through another one. */
function raises({ texts }: Anywhere, fn: SurveyedFunction): boolean {
  return [fn, ...texts.calledBy(fn)].some((one) => RAISES.test(texts.bodyOf(one)));
}

const CLAIM = String.raw`\(*\s*(?:select\s+)?(?:nullif\s*\(\s*)?(?:auth\s*\.\s*uid\s*\(\s*\)|current_setting\s*\(\s*'request\.jwt\.claims'[^;']*(?:''\s*\))?[^;']*->>\s*'\w+')\s*\)*`;
const PRESENCE = new RegExp(String.raw`${CLAIM}\s*is\s+(?:not\s+)?null\b`, 'gi');
const ARGUMENT_FIRST = new RegExp(String.raw`\bcoalesce\s*\(\s*"?[a-z_]\w*"?\s*,\s*${CLAIM}`, 'gi');

/** SQL without claims of which it only asks that they are there, or that it takes where an argument is missing. */
const withoutChoices = (sql: string) => sql.replace(PRESENCE, ' ').replace(ARGUMENT_FIRST, ' coalesce(');

function readsRoleOnly(body: string): boolean {
  return body.search(READS_ROLE) >= 0 && !READS_REQUEST.test(body.replace(READS_ROLE, ' '));
}

function names(text: string, known: ReadonlySet<string>): boolean {
  return known.size > 0 && [...text.matchAll(/"?[\w$]+"?/g)].some(([name]) => known.has(name.replaceAll('"', '')));
}

/** Variables to which a statement gives a value. */
function setBy(text: string): string[] {
  return SETS.flatMap((pattern) =>
    [...text.matchAll(pattern)].flatMap(([, list = '']) =>
      list.split(',').map((name) => name.trim().replaceAll('"', '')),
    ),
  );
}

/** Roles that a body compares the role of the request with; undefined if it compares it with none. */
export function rolesAskedFor(body: string): ReadonlySet<string> | undefined {
  const compared = new RegExp(
    String.raw`(?:${READS_ROLE.source}|\bcurrent_setting\s*\(\s*'role')[^;=<]{0,30}?(?:=|<>|!=|\bis\s+(?:not\s+)?distinct\s+from\b)\s*'(\w+)'`,
    'gi',
  );
  const found = [...body.matchAll(compared)].map((match) => match.at(-1)!);
  return found.length > 0 ? new Set(found) : undefined;
}
