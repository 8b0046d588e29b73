import type { Anywhere } from '../../audit/anywhere/anywhere.ts';
import type { SurveyedFunction } from '../../audit/anywhere/survey.ts';
import type { AccessChange } from './access-diff.ts';
import { changedPieces } from './compare-pieces.ts';
import { decidingRows, type CompareRows } from './compare-rows.ts';
import { callPieces } from './deciding-pieces.ts';
import { filteredTable } from './filtered-table.ts';

/** Grades how the calls change that a role may make. */
export async function diffCalls(
  role: string,
  old: Anywhere,
  now: Anywhere,
  compareRows: CompareRows,
): Promise<AccessChange[]> {
  const [before, after] = [callable(old, role), callable(now, role)];
  const changes: AccessChange[] = [];
  for (const signature of new Set([...before.keys(), ...after.keys()])) {
    const [was, is] = [before.get(signature), after.get(signature)];
    const found = await diffCall(role, { old, was }, { now, is }, compareRows);
    changes.push({ ...NOTHING, role, object: objectOf((is ?? was)!), ...found });
  }
  return changes;
}

const NOTHING = {
  command: 'call',
  opened: undefined,
  closed: undefined,
  notModelled: [],
  reasons: [],
  pieces: [],
} as const;

/** Functions that a role's requests may name, by signature. */
function callable({ survey, scope, reach }: Anywhere, role: string): Map<string, SurveyedFunction> {
  if (!scope.roles.includes(role)) return new Map();
  const found = survey.functions.filter(
    (fn) => fn.extension === null && !fn.of_triggers && reach.isExposed(fn) && reach.calls(role, fn),
  );
  return new Map(found.map((fn) => [fn.signature, fn]));
}

async function diffCall(
  role: string,
  { old, was }: { old: Anywhere; was: SurveyedFunction | undefined },
  { now, is }: { now: Anywhere; is: SurveyedFunction | undefined },
  compareRows: CompareRows,
): Promise<Pick<AccessChange, 'grade'> & Partial<AccessChange>> {
  if (!was || !is)
    return is ? { grade: 'wider', reasons: ['gains the call'] } : { grade: 'narrower', reasons: ['loses the call'] };
  const pieces = changedPieces(callPieces(old, role, was), callPieces(now, role, is));
  if (pieces.length === 0) return { grade: 'same' };
  const table = await filteredTable(was, is, { old, now });
  const names = pieces.map(({ name }) => name);
  if (!table) return { grade: 'not decided', notModelled: names, pieces };
  const found = await compareRows(old, now, { kind: 'call', role, table, signature: was.signature });
  return {
    grade: found.grade,
    reasons: found.grade === 'same' ? [] : [`reads other rows of ${table.schema}.${table.name}`],
    ...decidingRows(found),
    notModelled: found.grade === 'not decided' ? found.pieces : [],
    pieces,
  };
}

function objectOf({ schema, name, signature }: SurveyedFunction): AccessChange['object'] {
  const types = signature.slice(signature.indexOf('('));
  return { kind: 'function', schema, name: `${name}${types}` };
}
