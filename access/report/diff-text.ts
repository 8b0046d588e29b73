import { wrapped } from '../../audit/report/wrap-text.ts';
import { visible, visibleLines } from '../../errors/visible.ts';
import type { AccessChange } from '../diff/access-diff.ts';
import type { ChangedPiece } from '../diff/compare-pieces.ts';
import {
  CHANGED_GRADES,
  changeTitle,
  diffSummary,
  GRADE_HEADINGS,
  roleLines,
  rowWords,
  undecidedWords,
} from './diff-words.ts';
import { fails, type DiffReport } from './diff-report.ts';

export interface DiffTextOptions {
  /** Colors for a terminal, as escape sequences. @default false */
  readonly color?: boolean;
}

/** Codes of ECMA-48, "Select Graphic Rendition". */
const COLORS = { wider: 31, incomparable: 31, 'not decided': 33, narrower: 32 } as const;

/** A comparison for a terminal of 80 columns: changes by their grade, and a summary in the last line. */
export function diffText(report: DiffReport, { color = false }: DiffTextOptions = {}): string {
  const { diff } = report;
  const paint = (code: number, text: string) => (color ? `\x1b[${code}m${text}\x1b[0m` : text);
  const groups = CHANGED_GRADES.flatMap((grade) => {
    const changes = diff.changes.filter((change) => change.grade === grade);
    if (changes.length === 0) return [];
    const [heading, meaning] = GRADE_HEADINGS[grade];
    const lines = [...wrapped(meaning, '  '), ...changes.flatMap(changeLines)];
    return [`${paint(COLORS[grade], `${heading} (${changes.length})`)}\n${lines.join('\n')}`];
  });
  const roles = roleLines(diff).flatMap((line) => wrapped(visible(line), '  '));
  const header = [`access before: ${visible(diff.before)}`, `access after:  ${visible(diff.after)}`];
  const blocks = [
    header.join('\n'),
    ...(roles.length === 0 ? [] : [['Roles', ...roles].join('\n')]),
    ...groups,
    `${fails(report) ? 'failed' : 'passed'}: ${diffSummary(diff)}`,
  ];
  return `${blocks.join('\n\n')}\n`;
}

function changeLines(change: AccessChange): string[] {
  const details = [
    ...change.reasons,
    ...(change.grade === 'not decided' ? [undecidedWords(change)] : []),
    ...rowWords(change).map(({ words }) => words),
  ];
  return [
    `  - ${visible(changeTitle(change))}`,
    ...details.flatMap((detail) => wrapped(visible(detail), '      ')),
    ...change.pieces.flatMap(pieceLines),
  ];
}

function pieceLines({ name, before, after }: ChangedPiece): string[] {
  const sql = (sign: string, text: string | undefined) =>
    text === undefined
      ? []
      : visibleLines(text)
          .trim()
          .split('\n')
          .map((line) => `        ${sign} ${line}`);
  return [`      ${visible(name)}`, ...sql('-', before), ...sql('+', after)];
}
