import { groupBy } from '../../audit/group-by.ts';
import { htmlPage } from '../../audit/report/html-page.ts';
import { REPORT_SCRIPT } from '../../audit/report/report-script.ts';
import { escapeHtml, visibleHtml } from '../../errors/escape-html.ts';
import { visibleLines } from '../../errors/visible.ts';
import type { AccessChange, AccessDiff } from '../diff/access-diff.ts';
import type { ChangedPiece } from '../diff/compare-pieces.ts';
import { fails, type DiffReport } from './diff-report.ts';
import { DIFF_STYLE } from './diff-style.ts';
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

type ChangedGrade = (typeof CHANGED_GRADES)[number];

/** A comparison as one HTML page that loads nothing. Without scripts it has no filter. */
export function diffHtml(report: DiffReport): string {
  const { diff, generator } = report;
  const title = `${visibleHtml(diff.before)} → ${visibleHtml(diff.after)}: access`;
  const body = `<header>
<h1>Access diff <span><bdi>${visibleHtml(diff.before)}</bdi> → <bdi>${visibleHtml(diff.after)}</bdi></span></h1>
<p class="verdict${fails(report) ? ' bad' : ''}">${fails(report) ? 'Failed' : 'Passed'}: ${diffSummary(diff)}.</p>
${roles(diff)}
</header>
${filter(diff)}
<main>
${CHANGED_GRADES.map((grade) => section(diff, grade)).join('')}</main>
<footer><p>${visibleHtml(generator.name)} ${visibleHtml(generator.version)}</p></footer>`;
  return htmlPage({ title, style: DIFF_STYLE, script: REPORT_SCRIPT, body });
}

function roles(diff: AccessDiff): string {
  const lines = roleLines(diff).map((line) => `<li>${visibleHtml(line)}</li>`);
  return lines.length === 0 ? '' : `<h2 class="unseen">Roles</h2><ul class="notes">${lines.join('')}</ul>`;
}

/** The script shows it: without the script it would do nothing. */
function filter({ changes }: AccessDiff): string {
  const boxes = CHANGED_GRADES.flatMap((grade) => {
    const count = changes.filter((change) => change.grade === grade).length;
    if (count === 0) return [];
    return [`<label><input type="checkbox" value="${idOf(grade)}" checked> ${count} ${grade}</label>`];
  });
  if (boxes.length === 0) return '';
  return `<form class="filter" role="search" hidden>
<label class="search"><span>Filter</span> <input type="search" placeholder="role, table, command"></label>
<fieldset><legend class="unseen">Grades</legend>${boxes.join('')}</fieldset>
<output aria-live="polite"></output>
</form>
`;
}

function section({ changes }: AccessDiff, grade: ChangedGrade): string {
  const found = changes.filter((change) => change.grade === grade);
  if (found.length === 0) return '';
  const [heading, meaning] = GRADE_HEADINGS[grade];
  const objects = [...groupBy(found, ({ object }) => `${object.schema}.${object.name}`)];
  return `<section class="level ${idOf(grade)}">
<h2>${heading} <span>${found.length}</span></h2>
<p class="meaning">${meaning}</p>
${objects.map(([name, ofObject], index) => article(`${idOf(grade)}-${index}`, name, ofObject)).join('\n')}
</section>
`;
}

function article(id: string, name: string, changes: readonly AccessChange[]): string {
  return `<article aria-labelledby="${id}">
<h3 id="${id}">${changes[0]!.object.kind} <bdi>${visibleHtml(name)}</bdi> <span>${countedChanges(changes.length)}</span></h3>
<ul>
${changes.map(item).join('\n')}
</ul>
</article>`;
}

function item(change: AccessChange): string {
  const { grade, role, command, reasons, pieces } = change;
  const undecided = grade === 'not decided' ? [undecidedWords(change)] : [];
  const details = [...reasons, ...undecided].map((detail) => `<p class="fix"><bdi>${visibleHtml(detail)}</bdi></p>`);
  const rows = rowWords(change).map(({ words }) => `<p class="row"><bdi>${visibleHtml(words)}</bdi></p>`);
  return `<li data-level="${idOf(grade)}"><p><bdi class="object">${visibleHtml(role)}</bdi> <bdi>${command}</bdi></p>${[...details, ...rows].join('')}${piecesOf(change, pieces)}</li>`;
}

function piecesOf(change: AccessChange, pieces: readonly ChangedPiece[]): string {
  if (pieces.length === 0) return '';
  const blocks = pieces.map(({ name, before, after }) => {
    const old = before === undefined ? '' : `<del>${escapeHtml(visibleLines(before).trim())}</del>`;
    const now = after === undefined ? '' : `<ins>${escapeHtml(visibleLines(after).trim())}</ins>`;
    const label = `SQL of ${visibleHtml(name)}`;
    return `<h4><bdi>${visibleHtml(name)}</bdi></h4><pre tabindex="0" role="region" aria-label="${label}"><code>${old}${now}</code></pre>`;
  });
  const title = `${pieces.length === 1 ? 'one piece differs' : `${pieces.length} pieces differ`}`;
  return `<details class="pieces"><summary aria-label="${title}: ${visibleHtml(changeTitle(change))}">${title}</summary>${blocks.join('')}</details>`;
}

/** A grade as a class. */
function idOf(grade: AccessChange['grade']): string {
  return grade === 'not decided' ? 'undecided' : grade;
}
