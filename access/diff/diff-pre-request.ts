import type { SurveyedFunction } from '../../audit/anywhere/survey.ts';
import type { AccessChange } from './access-diff.ts';
import { changedPieces } from './compare-pieces.ts';
import { resultPieces, type Piece } from './deciding-pieces.ts';
import type { DiffSide } from './diff-side.ts';

/** Name of all roles, in place of one. */
export const EVERY_ROLE = 'every role';

/** Grades how the function changes that checks each request; nothing where neither side has one. */
export function diffPreRequest(before: DiffSide, after: DiffSide): AccessChange[] {
  const [was, is] = [functionOf(before), functionOf(after)];
  const { schema, name } = is ?? was ?? {};
  if (schema === undefined || name === undefined) return [];
  const change = {
    role: EVERY_ROLE,
    object: { kind: 'function' as const, schema, name: `${name}()` },
    command: 'call' as const,
    reasons: ['it checks each request'],
    notModelled: [],
    pieces: [],
  };
  if (!was || !is) return [{ ...change, grade: is ? 'narrower' : 'wider' }];
  const pieces = changedPieces(piecesOf(before, was), piecesOf(after, is));
  if (pieces.length === 0) return [{ ...change, grade: 'same' }];
  return [{ ...change, grade: 'not decided', notModelled: pieces.map((piece) => piece.name), pieces }];
}

function functionOf({ anywhere, preRequest }: DiffSide): SurveyedFunction | undefined {
  if (!preRequest) return undefined;
  return anywhere.survey.functions.find(
    ({ schema, name, arguments: types }) =>
      schema === preRequest.schema && name === preRequest.name && types.length === 0,
  );
}

/** The role with which it runs counts for what it reads: any does, because all run the same function. */
function piecesOf({ anywhere, preRequest }: DiffSide, fn: SurveyedFunction): Piece[] {
  const pieces = resultPieces(anywhere, anywhere.scope.roles[0] ?? 'public', fn);
  if (!preRequest?.isOwn) return [...pieces];
  return pieces.map((piece) => ({
    ...piece,
    text: piece.text.replaceAll(LISTS, ''),
    sql: piece.sql?.replaceAll(LISTS, ''),
  }));
}

/** Lists of roles, settings and calls in the package's own function: each call is graded by itself. */
const LISTS = /(?:CONSTANT text\[\] :=|= ANY \() ARRAY\['[^\]]*\]::text\[\]|= ANY \(ARRAY\['[^\]]*\]::text\[\]/g;
