import { COMMANDS } from '../../declaration/commands.ts';
import { escapeHtml } from '../../errors/escape-html.ts';
import { visible } from '../../errors/visible.ts';
import type { AccessMap, MapCell, MappedRelation } from '../picture/access-map.ts';
import { cellsOf, cellWords, columnWords, functionWords } from './map-cell.ts';

const ROLE_WIDTH = 190;
const CELL_WIDTH = 215;
const WIDTH = ROLE_WIDTH + COMMANDS.length * CELL_WIDTH;
const LINE = 17;
/** Characters of a line; those of a proportional font are narrower than this on average. */
const LETTERS = { role: 24, cell: 29, wide: 140 };

const STYLE = `
svg { --back: #fff; --head: #f6f7f9; --text: #1b2430; --quiet: #566272; --line: #dfe3e9; --some: #7fb2e5; --all: #b3261e; --none: #c5ccd6; }
@media (prefers-color-scheme: dark) { svg { --back: #1a2029; --head: #12161c; --text: #e6eaf0; --quiet: #9fabba; --line: #2f3844; --some: #3f7ab5; --all: #ffb4ab; --none: #4a5566; } }
text { font: 13px system-ui, sans-serif; fill: var(--text); }
.title { font-size: 15px; font-weight: 600; } .quiet { fill: var(--quiet); }
.back { fill: var(--back); } .head { fill: var(--head); } .line { stroke: var(--line); }
.some { fill: var(--some); } .all { fill: var(--all); } .none { fill: var(--none); }
`;

/** A map as a picture of its own, without a drill-down; its colours follow the scheme of the reader. */
export function accessMapSvg(map: AccessMap): string {
  const parts: string[] = [];
  let y = 0;
  for (const relation of map.relations) {
    parts.push(
      `<rect class="head" y="${y}" width="${WIDTH}" height="34"/>`,
      label(12, y + 22, relationTitle(relation), 'title'),
    );
    COMMANDS.forEach((command, index) =>
      parts.push(label(ROLE_WIDTH + index * CELL_WIDTH + 12, y + 22, command, 'quiet')),
    );
    y += 34;
    for (const { name } of map.roles) {
      const cells = cellsOf(relation, name);
      const lines = cells.map((cell) => cellLines(cell, relation));
      const names = wrapped(visible(name), LETTERS.role);
      const height = Math.max(names.length, ...lines.map(({ length }) => length)) * LINE + 14;
      parts.push(`<line class="line" y1="${y}" y2="${y}" x2="${WIDTH}"/>`, ...labels(12, y, names));
      cells.forEach(({ reach }, index) => {
        const x = ROLE_WIDTH + index * CELL_WIDTH;
        if (reach !== 'refused')
          parts.push(`<rect class="${reach}" x="${x}" y="${y + 7}" width="3" height="${height - 14}"/>`);
        parts.push(...labels(x + 12, y, lines[index]!, reach === 'refused' ? 'quiet' : ''));
      });
      y += height;
    }
  }
  for (const fn of map.functions) {
    const lines = wrapped(`${visible(fn.signature)}: ${functionWords(fn)}`, LETTERS.wide);
    parts.push(`<line class="line" y1="${y}" y2="${y}" x2="${WIDTH}"/>`, ...labels(12, y, lines));
    y += lines.length * LINE + 14;
  }
  const title = `${visible(map.name)}: who can do what`;
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${y}" width="${WIDTH}" height="${y}" role="img" aria-label="${escapeHtml(title)}">
<title>${escapeHtml(title)}</title>
<style>${STYLE}</style>
<rect class="back" width="${WIDTH}" height="${y}"/>
${parts.join('\n')}
</svg>
`;
}

function relationTitle({ schema, name }: MappedRelation): string {
  const title = visible(`${schema}.${name}`);
  return title.length > LETTERS.role ? `${title.slice(0, LETTERS.role - 1)}…` : title;
}

function cellLines(cell: MapCell, relation: MappedRelation): string[] {
  const columns = cell.reach === 'refused' ? '' : columnWords(cell, relation);
  return [...wrapped(cellWords(cell), LETTERS.cell), ...(columns === '' ? [] : [columns])];
}

function labels(x: number, y: number, lines: readonly string[], kind = ''): string[] {
  return lines.map((line, index) => label(x, y + 20 + index * LINE, line, kind));
}

function label(x: number, y: number, text: string, kind = ''): string {
  return `<text${kind && ` class="${kind}"`} x="${x}" y="${y}">${escapeHtml(text)}</text>`;
}

/** Breaks a text at spaces, and a word that is too long where it has to be. */
function wrapped(text: string, letters: number): string[] {
  const lines = [''];
  for (const word of text.split(' ').flatMap((one) => one.match(new RegExp(`.{1,${letters}}`, 'gu')) ?? [''])) {
    const line = lines.at(-1)!;
    if (line === '') lines[lines.length - 1] = word;
    else if (line.length + word.length + 1 <= letters) lines[lines.length - 1] = `${line} ${word}`;
    else lines.push(word);
  }
  return lines;
}
