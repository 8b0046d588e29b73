import { visible } from '../../errors/visible.ts';
import type { AccessMap, MapCell, MappedRelation } from '../picture/access-map.ts';
import { cellsOf, cellWords } from './map-cell.ts';

/** A map as a flowchart of Mermaid: roles to the left, tables, views and functions to the right, the rules between them. */
export function accessMapMermaid({ roles, relations, functions }: AccessMap): string {
  const nodes = [
    ...roles.map(
      ({ name, isAnonymous }, index) => `  r${index}([${text(name)}${isAnonymous ? '<br/>no token' : ''}"])`,
    ),
    ...relations.map(({ schema, name }, index) => `  t${index}[${text(`${schema}.${name}`)}"]`),
    ...functions.map(
      ({ signature, isDefiner }, index) => `  f${index}[[${text(signature)}${isDefiner ? '<br/>definer' : ''}"]]`,
    ),
  ];
  const edges = roles.flatMap(({ name }, role) => [
    ...relations.flatMap((relation, index) => {
      const lines = rules(relation, name);
      return lines.length === 0
        ? []
        : [`  r${role} -- ${lines.map(text).join('<br/>').replaceAll('<br/>"', '<br/>')}" --> t${index}`];
    }),
    ...functions.flatMap((fn, index) => (fn.roles.includes(name) ? [`  r${role} -- "call" --> f${index}`] : [])),
  ]);
  return ['flowchart LR', ...nodes, ...edges, ''].join('\n');
}

/** Commands with the same rule on one line: `select, delete: own rows`. */
function rules(relation: MappedRelation, role: string): string[] {
  const byWords = new Map<string, MapCell[]>();
  for (const cell of cellsOf(relation, role)) {
    if (cell.reach === 'refused') continue;
    byWords.set(cellWords(cell), [...(byWords.get(cellWords(cell)) ?? []), cell]);
  }
  return [...byWords].map(([words, cells]) => `${cells.map(({ command }) => command).join(', ')}: ${words}`);
}

/** The start of a text within quotes: Mermaid reads entities, and nothing else, in it. */
function text(content: string): string {
  return `"${visible(content).replace(/[^\p{L}\p{N} .,:()_–-]/gu, (letter) => `#${letter.codePointAt(0)};`)}`;
}
