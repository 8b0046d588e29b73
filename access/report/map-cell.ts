import { visible } from '../../errors/visible.ts';
import type { CellAccess, MapCell, MappedFunction, MappedRelation } from '../picture/access-map.ts';

/** A cell in words: `rows of their tenant`, or `–`. */
export function cellWords({ reach, words }: CellAccess): string {
  return reach === 'refused' ? '–' : visible(words);
}

/** `3 of 8 columns`; empty for all. */
export function columnWords({ columns }: CellAccess, relation: Pick<MappedRelation, 'columns'>): string {
  if (columns === undefined || columns.length === relation.columns.length) return '';
  return `${columns.length} of ${relation.columns.length} ${relation.columns.length === 1 ? 'column' : 'columns'}`;
}

/** `declared: own rows (user_id)`; undefined where the database is as declared. */
export function declaredWords({ declared }: MapCell): string | undefined {
  if (declared === undefined) return undefined;
  return `declared: ${declared.reach === 'refused' ? 'refused' : visible(declared.words)}`;
}

/** `may be called by member, with the rights of owner`. */
export function functionWords({ roles, isDefiner, owner }: MappedFunction): string {
  const callers = roles.length === 0 ? 'called by no role' : `called by ${roles.map(visible).join(', ')}`;
  return `${callers}${isDefiner ? `; runs with the rights of ${visible(owner)}` : ''}`;
}

/** Cells of a relation for one role. */
export function cellsOf({ cells }: MappedRelation, role: string): readonly MapCell[] {
  return cells.filter((cell) => cell.role === role);
}
