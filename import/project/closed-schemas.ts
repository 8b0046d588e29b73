import type { FoundObjects, FoundOutline } from '../database/found.ts';
import type { Note } from '../report/notes.ts';
import { shownName } from './written-name.ts';

/** The objects without grants to roles that may not use an exposed schema: no request of theirs can name what is in it. */
export function withoutClosedSchemas(
  objects: FoundObjects,
  { roles, schemas }: FoundOutline,
  exposed: readonly string[],
): { readonly objects: FoundObjects; readonly notes: readonly Note[] } {
  const superusers = roles.filter(({ superuser }) => superuser).map(({ name }) => name);
  const notes: Note[] = [];
  const relations = objects.relations.map((relation) => {
    if (!exposed.includes(relation.schema)) return relation;
    const users = [...superusers, ...(schemas.find(({ name }) => name === relation.schema)?.used_by ?? [])];
    const closed = relation.access.filter(({ role }) => !users.includes(role)).map(({ role }) => role);
    if (closed.length === 0) return relation;
    const detail = [...new Set(closed)].join(', ');
    notes.push({ reason: 'schema_without_usage', object: shownName(relation), detail });
    return { ...relation, access: relation.access.filter(({ role }) => users.includes(role)) };
  });
  return { objects: { ...objects, relations }, notes };
}
