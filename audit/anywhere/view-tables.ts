import type { Anywhere } from './anywhere.ts';
import { isGranted } from './kept.ts';
import type { SurveyedRelation } from './survey.ts';

/** A table whose rows a view shows. */
export interface ShownTable {
  readonly table: SurveyedRelation;
  /** Role whose rights count on the table. */
  readonly as: string;
  /** Views through which it is read, the outer one first. */
  readonly views: readonly SurveyedRelation[];
}

/** Finds the tables behind a view, and the rights by which a role reads them through it. */
export function shownTables(audited: Anywhere, view: SurveyedRelation, role: string): ShownTable[] {
  const found: ShownTable[] = [];
  const visited = new Set<string>();
  const follow = (inner: SurveyedRelation, views: readonly SurveyedRelation[]) => {
    const user = inner.kind === 'v' && inner.security_invoker ? role : inner.owner;
    const key = `${inner.id} ${user}`;
    if (visited.has(key)) return;
    visited.add(key);
    for (const read of inner.reads) {
      if (!isGranted(audited, user, read, 'select')) continue;
      if (read.kind === 'v' || read.kind === 'm') follow(read, [...views, read]);
      else if (read.kind !== 'S') found.push({ table: read, as: user, views });
    }
  };
  follow(view, [view]);
  return found;
}
