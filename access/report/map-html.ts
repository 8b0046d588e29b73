import { htmlPage } from '../../audit/report/html-page.ts';
import { COMMANDS } from '../../declaration/commands.ts';
import { escapeHtml, visibleHtml as escape } from '../../errors/escape-html.ts';
import { visibleLines } from '../../errors/visible.ts';
import type {
  AccessMap,
  MapCell,
  MappedFunction,
  MappedPolicy,
  MappedRelation,
  MappedRole,
} from '../picture/access-map.ts';
import { differences } from '../picture/compare-maps.ts';
import { cellsOf, cellWords, columnWords, declaredWords, functionWords } from './map-cell.ts';
import { MAP_STYLE } from './map-style.ts';

/**
 * A map as one HTML page that loads nothing and has no script: a table for each table and view, in which each rule opens to
 * the grants and policies that give it.
 *
 * @example
 * writeFileSync('access-map.html', accessMapHtml(await accessMap(declaration)));
 */
export function accessMapHtml(map: AccessMap): string {
  const name = escape(map.name);
  const body = `<header>
<h1><bdi>${name}</bdi> <span>who can do what</span></h1>
${verdict(map)}
<p>Read from the grants and policies of the database, whatever its rows are. Open a rule for its SQL. A request with a filter
reaches only rows that <b>select</b> gives as well.</p>
<ul class="legend"><li class="some">some rows</li><li class="all">all rows</li><li class="none">no row</li></ul>
</header>
<main>
${map.relations.map((relation) => section(relation, map.roles)).join('\n')}
${functionSection(map.functions)}</main>
`;
  return htmlPage({ title: `${name}: who can do what`, style: MAP_STYLE, body });
}

function verdict(map: AccessMap): string {
  if (!map.isCompared) return '';
  const count = differences(map);
  if (count === 0) return '<p class="verdict">The database reaches exactly what is declared.</p>';
  const words = count === 1 ? 'One rule is' : `${count} rules are`;
  return `<p class="verdict bad">${words} <span class="flag">not as declared</span>.</p>`;
}

function section(relation: MappedRelation, roles: readonly MappedRole[]): string {
  const notes = [...relation.notes, ...(relation.isExposed ? [] : ['not exposed: no request can name it'])];
  const rows = roles.map((role) => {
    const cells = cellsOf(relation, role.name).map((cell) => data(cell, relation));
    return `<tr><th scope="row"><bdi>${escape(role.name)}</bdi>${roleNote(role)}</th>${cells.join('')}</tr>`;
  });
  return `<section>
<h2><bdi>${escape(`${relation.schema}.${relation.name}`)}</bdi> <span>${relation.kind}</span></h2>
${notes.length > 0 ? `<p class="note"><bdi>${escape(notes.join('; '))}</bdi></p>` : ''}<div class="scroll"><table>
<thead><tr><th scope="col">role</th>${COMMANDS.map((command) => `<th scope="col">${command}</th>`).join('')}</tr></thead>
<tbody>
${rows.join('\n')}
</tbody>
</table></div>
</section>`;
}

function roleNote({ isAnonymous, inherits, unbound }: MappedRole): string {
  const notes = [
    ...(isAnonymous ? ['no token'] : []),
    ...(inherits.length > 0 ? [`and what ${inherits.join(', ')} may`] : []),
    ...(unbound === undefined ? [] : [unbound]),
  ];
  return notes.length === 0 ? '' : `<small>${escape(notes.join('; '))}</small>`;
}

function data(cell: MapCell, relation: MappedRelation): string {
  const declared = declaredWords(cell);
  const flag = declared === undefined ? '' : ' <span class="flag">not as declared</span>';
  const why = cell.reach === 'refused' ? cell.words : '';
  if (cell.reach === 'refused' && declared === undefined) {
    const reason = escape(why === '' ? 'no grant' : why);
    return `<td data-command="${cell.command}" data-reach="refused" class="refused" title="${reason}"><span aria-hidden="true">–</span><span class="unseen">refused: ${reason}</span></td>`;
  }
  const columns = columnWords(cell, relation);
  return `<td data-command="${cell.command}" data-reach="${cell.reach}"><details><summary><span>${escapeHtml(cellWords(cell))}</span>${
    columns === '' ? '' : `<small>${columns}</small>`
  }${flag}</summary>${details(cell, declared)}</details></td>`;
}

function details({ columns, grants, policies, declared }: MapCell, words: string | undefined): string {
  const restrictive = policies.filter(({ isRestrictive }) => isRestrictive);
  const permissive = policies.filter(({ isRestrictive }) => !isRestrictive);
  return [
    words === undefined ? '' : `<p class="declared"><bdi>${escapeHtml(words)}</bdi></p>`,
    columns === undefined ? '' : `<h3>columns</h3><p><bdi>${escape(columns.join(', '))}</bdi></p>`,
    grants.length > 0 ? `<h3>grants</h3>${grants.map(code).join('')}` : '',
    policyList('one of these policies must pass', permissive),
    policyList('and all of these', restrictive),
    declared && declared.policies.length > 0 ? policyList('declared policies', declared.policies) : '',
  ].join('');
}

function policyList(heading: string, policies: readonly MappedPolicy[]): string {
  if (policies.length === 0) return '';
  return `<h3>${heading}</h3>${policies.map(({ words, sql }) => `<p><bdi>${escape(words)}</bdi></p>${code(sql)}`).join('')}`;
}

function functionSection(functions: readonly MappedFunction[]): string {
  if (functions.length === 0) return '';
  return `<section>
<h2>functions <span>who may call them</span></h2>
<ul class="functions">
${functions.map(functionItem).join('\n')}
</ul>
</section>
`;
}

function functionItem(fn: MappedFunction): string {
  const declared = fn.declaredRoles && `declared: ${fn.declaredRoles.join(', ') || 'no role'}`;
  const definer = fn.isDefiner ? ' <span class="flag">definer</span>' : '';
  const flag = declared === undefined ? '' : ' <span class="flag">not as declared</span>';
  const reads = fn.reads.length > 0 ? `<p>reads <bdi>${escape(fn.reads.join(', '))}</bdi></p>` : '';
  return `<li><details><summary><span><b><bdi>${escape(fn.signature)}</bdi></b></span>${definer}${flag}<small>${escapeHtml(functionWords(fn))}</small></summary>${
    declared === undefined ? '' : `<p class="declared"><bdi>${escape(declared)}</bdi></p>`
  }${reads}${fn.grants.map(code).join('')}</details></li>`;
}

function code(sql: string): string {
  return `<pre><code>${escapeHtml(visibleLines(sql))}</code></pre>`;
}
