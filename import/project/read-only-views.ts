import type { FoundObjects } from '../database/found.ts';
import type { Note } from '../report/notes.ts';
import { shownName } from './written-name.ts';

/** The objects without grants of commands that a view cannot serve: each request with one failed, or a rule served it. */
export function withoutReadOnlyWrites(objects: FoundObjects): {
  readonly objects: FoundObjects;
  readonly notes: readonly Note[];
} {
  const notes: Note[] = [];
  const relations = objects.relations.map((relation) => {
    const { access, writable, rules } = relation;
    notes.push(
      ...rules.map(({ name }): Note => ({ reason: 'rewrite_rule', object: shownName(relation), detail: name })),
    );
    const served = access.filter(({ command }) => command === 'select' || writable.includes(command));
    if (served.length === access.length) return relation;
    const ruled = rules.map(({ command }) => command);
    const lost = new Set(access.filter((held) => !served.includes(held)).map(({ command }) => command));
    ruled.forEach((command) => lost.delete(command));
    if (lost.size > 0)
      notes.push({ reason: 'read_only_view', object: shownName(relation), detail: [...lost].join(', ') });
    return { ...relation, access: served };
  });
  return { objects: { ...objects, relations }, notes };
}
