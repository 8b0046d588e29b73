import type { Command, PolicyInput } from '../../declaration/types.ts';
import { COMMANDS } from '../../declaration/commands.ts';
import { withoutComments } from '../../postgres/sql-text.ts';
import type { FoundFunction, FoundObjects, FoundRelation } from '../database/found.ts';
import { oneOrMore } from './grants.ts';
import { shownName } from './written-name.ts';

/** Commands of functions that run with their owner's rights, by table. */
export type OwnerRows = ReadonlyMap<string, ReadonlySet<Command>>;

const WORD = String.raw`(?:"(?:[^"]|"")+"|[A-Za-z_\u0080-\uffff][\w$\u0080-\uffff]*)`;
const TABLE = new RegExp(
  String.raw`\b(insert\s+into|update(?:\s+only)?|delete\s+from(?:\s+only)?|from|join|,)\s+(?:(${WORD})\s*\.\s*)?(${WORD})`,
  'gi',
);
const CALL = new RegExp(String.raw`(?:(${WORD})\s*\.\s*)?(${WORD})\s*\(`, 'g');

/** Tables that definer functions name, where no policy bound their owner: a policy for the owner lets them go on. */
export function ownerRows({ relations, functions }: FoundObjects, definers: readonly FoundFunction[]): OwnerRows {
  const rows = new Map<string, Set<Command>>();
  for (const definer of definers) {
    for (const text of bodies(definer, functions)) {
      for (const [, verb = '', schema, name = ''] of text.matchAll(TABLE)) {
        const table = relations.find((relation) => isNamed(relation, schema, name));
        if (!table || !isUnbound(table, definer)) continue;
        const commands = rows.get(shownName(table)) ?? new Set<Command>();
        for (const command of commandsOf(verb)) commands.add(command);
        rows.set(shownName(table), commands);
      }
    }
  }
  return rows;
}

/** The policy that stands for the owner's rights on a table. */
export function ownerPolicies(table: FoundRelation, rows: OwnerRows, owner: string): PolicyInput[] {
  const commands = rows.get(shownName(table));
  if (!commands) return [];
  return [
    { kind: 'all-rows', to: owner, for: oneOrMore(COMMANDS.filter((command) => commands.has(command))) as Command },
  ];
}

/** The body of a function, and of those that it calls with its rights. */
function bodies(fn: FoundFunction, functions: readonly FoundFunction[]): string[] {
  const found = new Map<FoundFunction, string>();
  const visit = (one: FoundFunction) => {
    if (found.has(one)) return;
    const text = withoutComments(one.body);
    found.set(one, text);
    for (const [, schema, name = ''] of text.matchAll(CALL)) {
      functions.filter((called) => isNamed(called, schema, name)).forEach(visit);
    }
  };
  visit(fn);
  return [...found.values()];
}

function isNamed(object: { readonly schema: string; readonly name: string }, schema: string | undefined, name: string) {
  return folded(name) === object.name && (schema === undefined || folded(schema) === object.schema);
}

function folded(word: string): string {
  return word.startsWith('"') ? word.slice(1, -1).replaceAll('""', '"') : word.toLowerCase();
}

function isUnbound({ kind, row_security, unbound_roles }: FoundRelation, { owner }: FoundFunction): boolean {
  return (kind === 'r' || kind === 'p') && (!row_security || unbound_roles.includes(owner));
}

/** A changed or removed row is read as well. */
function commandsOf(verb: string): readonly Command[] {
  if (/^insert/i.test(verb)) return ['insert'];
  if (/^update/i.test(verb)) return ['select', 'update'];
  return /^delete/i.test(verb) ? ['select', 'delete'] : ['select'];
}
