import { escapeHtml, visibleHtml } from '../../errors/escape-html.ts';
import { visibleLines } from '../../errors/visible.ts';
import { LEVELS, type Level } from '../finding.ts';
import { groupBy } from '../group-by.ts';
import { docsOf, failing, ruleOf, type AuditReport, type ReportedFinding } from './audit-report.ts';
import { htmlPage } from './html-page.ts';
import { REPORT_SCRIPT } from './report-script.ts';
import { REPORT_STYLE } from './report-style.ts';
import {
  acceptance,
  acceptanceNotes,
  counted,
  HEADINGS,
  scopeLines,
  scoreParts,
  serverName,
  summary,
  trialWords,
} from './report-words.ts';
import type { Score } from './scores.ts';

/** A report as one HTML page that loads nothing. Without scripts it has no filter, and no buttons that copy. */
export function reportHtml(report: AuditReport): string {
  const title = `${visibleHtml(report.database)}: audit`;
  const body = `<header>
<h1><bdi>${visibleHtml(report.database)}</bdi> <span>audit of what requests reach, and how fast</span></h1>
${verdict(report)}
${scope(report)}
<div class="scores">
${score('exposure', report.scores.exposure)}
${score('speed', report.scores.speed)}
</div>
${notes(report)}
</header>
${filter(report)}
<main>
${LEVELS.map((level) => levelSection(report, level)).join('')}${acceptedSection(report)}</main>
<footer><p>${visibleHtml(report.generator.name)} ${visibleHtml(report.generator.version)}</p></footer>
`;
  return htmlPage({ title, style: REPORT_STYLE, script: REPORT_SCRIPT, body });
}

function verdict(report: AuditReport): string {
  const fails = failing(report).length > 0;
  return `<p class="verdict${fails ? ' bad' : ''}">${fails ? 'Failed' : 'Passed'}: ${summary(report)}.</p>`;
}

function scope(report: AuditReport): string {
  const lines = scopeLines(report).map(([name, values]) => {
    const shown = values.map((value) => `<bdi>${visibleHtml(value)}</bdi>`).join(', ');
    return `<div><dt>${name}</dt><dd>${shown}</dd></div>`;
  });
  return `<dl>
<div><dt>server</dt><dd>${serverName(report)}</dd></div>
${lines.join('\n')}
<div><dt>found</dt><dd>${visibleHtml(report.scope.foundBy)}</dd></div>
</dl>`;
}

function score(name: string, score: Score): string {
  const { value } = score;
  return `<section class="score" aria-labelledby="score-${name}">
<h2 id="score-${name}">${name}</h2>
<p><b>${value}</b> of 100</p>
<meter min="0" max="100" low="50" high="90" optimum="100" value="${value}">${value} of 100</meter>
<p class="parts">${scoreParts(score) || 'nothing lowers it'}</p>
</section>`;
}

function notes(report: AuditReport): string {
  const lines = acceptanceNotes(report);
  if (lines.length === 0) return '';
  return `<ul class="notes">${lines.map((line) => `<li>${visibleHtml(line)}</li>`).join('')}</ul>`;
}

/** The script shows it: without the script it would do nothing. */
function filter({ findings }: AuditReport): string {
  const boxes = LEVELS.flatMap((level) => {
    const count = findings.filter((finding) => finding.level === level).length;
    if (count === 0) return [];
    return [`<label><input type="checkbox" value="${level}" checked> ${counted(count, level)}</label>`];
  });
  if (boxes.length === 0) return '';
  return `<form class="filter" role="search" hidden>
<label class="search"><span>Filter</span> <input type="search" placeholder="table, rule, word"></label>
<fieldset><legend class="unseen">Levels</legend>${boxes.join('')}</fieldset>
<output aria-live="polite"></output>
</form>
`;
}

function levelSection(report: AuditReport, level: Level): string {
  const findings = report.findings.filter((finding) => finding.level === level);
  if (findings.length === 0) return '';
  const rules = [...groupBy(findings, ({ rule }) => rule)];
  return `<section class="level ${level}">
<h2>${HEADINGS[level]} <span>${findings.length}</span></h2>
${rules.map(([id, found]) => ruleArticle(report, id, found)).join('\n')}
</section>
`;
}

function ruleArticle(report: AuditReport, id: string, findings: readonly ReportedFinding[]): string {
  const rule = ruleOf(report, findings[0]!);
  const anchor = `${findings[0]!.level}-${id}`;
  return `<article aria-labelledby="${anchor}">
<h3 id="${anchor}"><code>${escapeHtml(id)}</code> <span>${counted(findings.length, 'finding')}</span></h3>
${rule ? `<p class="why">${prose(rule.why)} ${docsLink(report, docsOf(report, rule))}</p>` : ''}
<ul>
${findings.map(findingItem).join('\n')}
</ul>
</article>`;
}

function docsLink({ docs }: AuditReport, place: string): string {
  if (docs === undefined) return `<code>${escapeHtml(place)}</code>`;
  return `<a href="${escapeHtml(place)}" rel="noreferrer">Documentation</a>`;
}

function findingItem(finding: ReportedFinding): string {
  const { level, object, problem, fix } = finding;
  const tried = trialWords(finding);
  const sql = fix.sql.map((statement) => escapeHtml(`${visibleLines(statement)};`)).join('\n');
  const isStatement = fix.sql.length === 1 && fix.text === fix.sql[0];
  return `<li data-level="${level}"><p><bdi class="object">${visibleHtml(object.text)}</bdi> <bdi>${visibleHtml(problem)}</bdi></p>${
    isStatement ? '' : `<p class="fix">Fix: <bdi>${visibleHtml(fix.text)}</bdi></p>`
  }${sql === '' ? '' : `<pre tabindex="0" role="region" aria-label="SQL of the fix"><code>${sql}</code></pre>`}${
    tried === undefined ? '' : `<p class="fix">${visibleHtml(tried)}</p>`
  }</li>`;
}

function acceptedSection({ accepted }: AuditReport): string {
  if (accepted.length === 0) return '';
  const items = accepted.map(
    ({ finding: { rule, level, object, problem }, entry }) =>
      `<li><p><code>${escapeHtml(rule)}</code> (${level}) <bdi class="object">${visibleHtml(object.text)}</bdi> <bdi>${visibleHtml(problem)}</bdi></p><p class="fix">Accepted <bdi>${visibleHtml(acceptance(entry))}</bdi></p></li>`,
  );
  return `<section class="accepted">
<h2>Accepted <span>${accepted.length}</span></h2>
<article><ul>
${items.join('\n')}
</ul></article>
</section>
`;
}

/** A rule's text, with its words in backticks as code. */
function prose(text: string): string {
  return visibleHtml(text).replace(/`([^`]*)`/g, '<code>$1</code>');
}
