import { visible } from '../../errors/visible.ts';
import type { AccessMap, MapCell, MappedRelation } from '../picture/access-map.ts';
import { differences } from '../picture/compare-maps.ts';
import { cellsOf, cellWords, columnWords, declaredWords, functionWords } from './map-cell.ts';

/** A map as a text for a terminal: a block for each table and view, a line for each role and command that is not refused. */
export function accessMapText(map: AccessMap): string {
  const blocks = map.relations.map((relation) => {
    const lines = map.roles.flatMap(({ name }) => cellsOf(relation, name).flatMap((cell) => lineOf(cell, relation)));
    const notes = relation.notes.length > 0 ? ` (${visible(relation.notes.join('; '))})` : '';
    return [`${visible(`${relation.schema}.${relation.name}`)}${notes}`, ...(lines.length > 0 ? lines : ['  closed'])];
  });
  const functions = map.functions.map((fn) => {
    const declared = fn.declaredRoles === undefined ? '' : ` ! declared: ${fn.declaredRoles.join(', ') || 'no role'}`;
    return `  ${visible(fn.signature)}: ${functionWords(fn)}${declared}`;
  });
  const count = differences(map);
  return `${[
    ...blocks,
    ...(functions.length > 0 ? [['functions', ...functions]] : []),
    ...(map.isCompared ? [[count === 0 ? 'all as declared' : `${count} not as declared`]] : []),
  ]
    .map((lines) => lines.join('\n'))
    .join('\n\n')}\n`;
}

function lineOf(cell: MapCell, relation: MappedRelation): string[] {
  const declared = declaredWords(cell);
  if (cell.reach === 'refused' && declared === undefined) return [];
  const columns = columnWords(cell, relation);
  const end = `${columns && ` (${columns})`}${declared === undefined ? '' : ` ! ${declared}`}`;
  return [`  ${visible(cell.role)} ${cell.command}: ${cellWords(cell)}${end}`];
}
