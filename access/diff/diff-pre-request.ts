import type { SurveyedFunction } from '../../audit/anywhere/survey.ts';
import type { AccessChange } from './access-diff.ts';
import { changedPieces } from './compare-pieces.ts';
import { resultPieces, type Piece } from './deciding-pieces.ts';
import type { DiffSide } from './diff-side.ts';
import { gradeOf } from './grade.ts';
import { differentAnswers } from './token-answers.ts';

/** Name of all roles, in place of one. */
export const EVERY_ROLE = 'every role';

/** Grades how the function changes that checks each request; nothing where neither side has one. */
export async function diffPreRequest(before: DiffSide, after: DiffSide): Promise<AccessChange[]> {
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
  const { opened, closed } =
    before.answers && after.answers ? differentAnswers(await before.answers(), await after.answers()) : NOT_ASKED;
  const grade = gradeOf(opened.length > 0, closed.length > 0);
  if (grade === 'same') {
    return [{ ...change, grade: 'not decided', notModelled: pieces.map((piece) => piece.name), pieces }];
  }
  const reasons = [
    ...change.reasons,
    ...(opened.length > 0 ? [`accepts ${opened.join(', ')}`] : []),
    ...(closed.length > 0 ? [`rejects ${closed.join(', ')}`] : []),
  ];
  // Other requests may differ the other way round.
  return [{ ...change, grade: grade === 'narrower' ? 'incomparable' : grade, reasons, pieces }];
}

const NOT_ASKED = { opened: [], closed: [] } as const;

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
  const own = anywhere.survey.functions
    .filter(({ schema, name }) => schema === fn.schema && OWN_FUNCTIONS.includes(name))
    .map(({ signature }) => `function ${signature}`);
  return pieces.map((piece) =>
    own.includes(piece.name)
      ? { ...piece, text: withoutLists(piece.text), sql: piece.sql && withoutLists(piece.sql) }
      : piece,
  );
}

const OWN_FUNCTIONS = ['pre_request', 'examine_request'];

/** Lists of roles, settings, timeouts and calls in the package's own functions, also as JSON: each call is graded by itself. */
const LISTS = [
  / && \((?:(?: \|\| )?\$\.role == \\?"[^"\\]*\\?")+\)(?=',)/g,
  /(?:\s|\\n)+OR pg_catalog\.concat\([^]*?::pg_catalog\.text\[\]\)/g,
  /pg_catalog\.set_config\('statement_timeout', (?:'\d+'|CASE[^]*?END), true\)/g,
  /(?:CONSTANT text\[\] := |(?:ANY|ALL) \( ?|\(|array_position\()ARRAY\[(?:'[^\]]*)?\]::(?:pg_catalog\.)?text\[\]/g,
];

function withoutLists(text: string): string {
  return LISTS.reduce((rest, list) => rest.replaceAll(list, ''), text);
}
