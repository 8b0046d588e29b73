import { code, cut, fence, folded, limited } from '../../audit/report/comment-markdown.ts';
import { visible, visibleLines } from '../../errors/visible.ts';
import type { AccessChange } from '../diff/access-diff.ts';
import { fails, type DiffReport } from './diff-report.ts';
import {
  CHANGED_GRADES,
  changeTitle,
  countedChanges,
  diffSummary,
  GRADE_HEADINGS,
  roleLines,
  rowWords,
  undecidedWords,
} from './diff-words.ts';

/** Lengths of parts: all of them fit into a comment. */
const MAX_TABLE = 20_000;
const MAX_DETAILS = 8_000;
const MAX_LINE = 500;
const MAX_SQL = 1_500;

/** First line of the comment, by which a bot finds the comment that it wrote last. */
export const DIFF_MARKER = '<!-- secured-postgrest access diff -->';

/** A comparison as a comment of a pull request, in the Markdown of GitHub and GitLab. */
export function diffComment(report: DiffReport): string {
  const { diff } = report;
  const rows = diff.changes.map(tableRow);
  const table = [
    '| grade | role | command | on | why |',
    '| --- | --- | --- | --- | --- |',
    limited(rows, MAX_TABLE, (rest) => `| | ${rest} more | | | |`),
  ].join('\n');
  const roles = roleLines(diff).map((line) => `- ${code(line)}`);
  const blocks = [
    DIFF_MARKER,
    `### Access diff: ${diffSummary(diff)}`,
    `${code(diff.before)} → ${code(diff.after)}: ${fails(report) ? '**failed**' : 'passed'}`,
    ...(roles.length === 0 ? [] : [roles.join('\n')]),
    ...(rows.length === 0 ? [] : [table]),
    ...CHANGED_GRADES.flatMap((grade) => details(diff.changes, grade)),
  ];
  return `${blocks.join('\n\n')}\n`;
}

function tableRow(change: AccessChange): string {
  const { grade, role, command, object, reasons } = change;
  const why = [...reasons, ...(grade === 'not decided' ? [undecidedWords(change)] : [])];
  const shown = why.length === 0 ? 'policies' : code(why.join('; '));
  return `| ${grade} | ${code(role)} | ${command} | ${code(`${object.schema}.${object.name}`)} | ${shown} |`;
}

function details(changes: readonly AccessChange[], grade: (typeof CHANGED_GRADES)[number]): string[] {
  const found = changes.filter((change) => change.grade === grade);
  const texts = found.map(detailText).filter((text) => text !== '');
  if (texts.length === 0) return [];
  const title = `${GRADE_HEADINGS[grade][0]}: ${countedChanges(found.length)} in detail`;
  return [
    folded(
      title,
      fence(
        'sql',
        limited(texts, MAX_DETAILS, (rest) => `-- ${rest} more`),
      ),
    ),
  ];
}

/** Rows and changed SQL: all that is no statement is a comment on one line. */
function detailText(change: AccessChange): string {
  const rows = rowWords(change).map(({ words }) => `-- ${cut(words, MAX_LINE)}`);
  const pieces = change.pieces.flatMap(({ name, before, after }) => [
    `-- ${cut(name, MAX_LINE)}`,
    ...(before === undefined ? [] : [`-- before: ${cut(before.trim(), MAX_SQL)}`]),
    ...(after === undefined ? [] : [visibleLines(after).trim().slice(0, MAX_SQL)]),
  ]);
  const lines = [...rows, ...pieces];
  return lines.length === 0 ? '' : [`-- ${visible(changeTitle(change))}`, ...lines].join('\n');
}
