import { cellText, headingOf, isUndeclared } from './cell.ts';
import { COMMANDS } from '../../declaration/commands.ts';
import { htmlPage } from '../../audit/report/html-page.ts';
import { escapeHtml, visibleHtml as escape } from '../../errors/escape-html.ts';
import { INSUFFICIENT_PRIVILEGE } from '../../postgres/sqlstate.ts';
import type { AccessCell, AccessMatrix, RelationAccess } from '../matrix.ts';
import { MATRIX_STYLE } from './matrix-style.ts';

/** More keys than these are counted only: nobody reads a thousand. */
const SHOWN_KEYS = 100;

/** Meanings of known error codes; other codes are shown alone. */
const REFUSALS: Readonly<Record<string, string>> = {
  '22023': 'there is no such role',
  [INSUFFICIENT_PRIVILEGE]: 'no privilege',
  '55000': 'the view cannot be written',
  PGRST302: 'a token is required',
  PT401: 'the token is not valid here',
};

/**
 * A matrix as one HTML page that needs nothing else, no script either: a table for each table and view, in which each cell
 * opens to the keys of the rows and the columns.
 *
 * @example
 * writeFileSync('access.html', matrixHtml(matrix));
 */
export function matrixHtml(matrix: AccessMatrix): string {
  const title = `${escape(matrix.name)}: who reaches which rows`;
  const undeclared = matrix.relations.flatMap(({ cells }) => cells.filter(isUndeclared)).length;
  const body = `<header>
<h1><bdi>${escape(matrix.name)}</bdi> <span>who reaches which rows</span></h1>
${verdict(undeclared)}
<p>Measured in the database, each command on each row. <b>select</b>, <b>update</b> and <b>delete</b> tell which rows are
reached, <b>insert</b> of which rows a copy may be added. Open a number for the keys and the columns; – is refused, and
says why where it is pointed at.</p>
</header>
<main>
${matrix.relations.map((relation) => section(relation, matrix.subjects)).join('\n')}
</main>
`;
  return htmlPage({ title, style: MATRIX_STYLE, body });
}

function verdict(undeclared: number): string {
  if (undeclared === 0) return '<p class="verdict">Every command that works is declared.</p>';
  const cells = undeclared === 1 ? 'One cell shows' : `${undeclared} cells show`;
  return `<p class="verdict bad">${cells} a command that works and is <span class="flag">not declared</span>.</p>`;
}

function section(relation: RelationAccess, subjects: readonly string[]): string {
  const [name, size] = headingOf(relation);
  const rows = subjects.map((subject) => {
    const cells = relation.cells.filter((cell) => cell.subject === subject);
    return `<tr><th scope="row"><bdi>${escape(subject)}</bdi></th>${cells.map((cell) => data(cell, relation)).join('')}</tr>`;
  });
  return `<section>
<h2><bdi>${escapeHtml(name)}</bdi> <span>${size}</span></h2>
<div class="scroll"><table>
<thead><tr><th scope="col">subject</th>${COMMANDS.map((command) => `<th scope="col">${command}</th>`).join('')}</tr></thead>
<tbody>
${rows.join('\n')}
</tbody>
</table></div>
</section>`;
}

function data(cell: AccessCell, relation: RelationAccess): string {
  const { reach } = cell;
  const text = cellText(cell, relation);
  if ('refused' in reach) {
    const meaning = REFUSALS[reach.refused];
    const reason = escape(meaning ? `${meaning} (${reach.refused})` : reach.refused);
    return `<td data-command="${cell.command}" class="refused" title="${reason}"><span aria-hidden="true">${text}</span><span class="unseen">refused: ${reason}</span></td>`;
  }
  const share = relation.rows === 0 ? 0 : Math.min(reach.rows.length / relation.rows, 1);
  const flag = isUndeclared(cell) ? ' <span class="flag">not declared</span>' : '';
  const kind = reach.rows.length === 0 ? 'none' : 'some';
  return `<td data-command="${cell.command}" class="${kind}" style="--share:${Math.round(share * 100)}%"><details><summary><span>${text}</span>${flag}</summary>${details(reach)}</details></td>`;
}

function details({ rows, columns }: Extract<AccessCell['reach'], { rows: unknown }>): string {
  const keys = rows.slice(0, SHOWN_KEYS).map((key) => `<li><bdi>${escape(key)}</bdi></li>`);
  const more = rows.length > SHOWN_KEYS ? `<li>and ${rows.length - SHOWN_KEYS} more</li>` : '';
  return [
    rows.length > 0 ? `<h3>rows</h3><ul class="rows">${keys.join('')}${more}</ul>` : '<p>no row</p>',
    columns.length > 0
      ? `<h3>columns</h3><ul>${columns.map((column) => `<li><bdi>${escape(column)}</bdi></li>`).join('')}</ul>`
      : '',
  ].join('');
}
