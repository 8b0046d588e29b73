import type { Anywhere } from '../../audit/anywhere/anywhere.ts';
import type { SurveyedFunction } from '../../audit/anywhere/survey.ts';
import type { AccessChange } from './access-diff.ts';
import { changedPieces } from './compare-pieces.ts';
import { callPieces } from './deciding-pieces.ts';

/** Grades how the calls change that a role may make. */
export function diffCalls(role: string, old: Anywhere, now: Anywhere): AccessChange[] {
  const [before, after] = [callable(old, role), callable(now, role)];
  return [...new Set([...before.keys(), ...after.keys()])].map((signature) => {
    const [was, is] = [before.get(signature), after.get(signature)];
    return { ...NOTHING, role, object: objectOf((is ?? was)!), ...diffCall(role, { old, was }, { now, is }) };
  });
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

function diffCall(
  role: string,
  { old, was }: { old: Anywhere; was: SurveyedFunction | undefined },
  { now, is }: { now: Anywhere; is: SurveyedFunction | undefined },
): Pick<AccessChange, 'grade'> & Partial<AccessChange> {
  if (!was || !is)
    return is ? { grade: 'wider', reasons: ['gains the call'] } : { grade: 'narrower', reasons: ['loses the call'] };
  const pieces = changedPieces(callPieces(old, role, was), callPieces(now, role, is));
  if (pieces.length === 0) return { grade: 'same' };
  return { grade: 'not decided', notModelled: pieces.map(({ name }) => name), pieces };
}

function objectOf({ schema, name, signature }: SurveyedFunction): AccessChange['object'] {
  const types = signature.slice(signature.indexOf('('));
  return { kind: 'function', schema, name: `${name}${types}` };
}
