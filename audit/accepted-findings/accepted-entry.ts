import type { FindingObject } from '../finding-object.ts';

/** Parts of an object by which an entry names it: every one that the object has, without its text. */
export type ObjectParts = Omit<FindingObject, 'text'>;

/** An entry of a file of accepted findings. */
export interface AcceptedEntry {
  /** Id of the rule whose findings are accepted. */
  readonly rule: string;
  /** The object's text, as the report writes it, or its parts. */
  readonly object: string | ObjectParts;
  /** Reason in a person's words, never empty. */
  readonly reason: string;
  /** Last day on which the finding is accepted, such as `2027-01-31`; undefined where it is accepted for good. */
  readonly until?: string;
}

/** Names of an object's parts. */
export const PARTS = ['kind', 'schema', 'name', 'table', 'arguments'] as const satisfies (keyof ObjectParts)[];

/** Tests if an entry names an object. */
export function names({ object: named }: AcceptedEntry, object: FindingObject): boolean {
  if (typeof named === 'string') return named === object.text;
  return PARTS.every((part) => JSON.stringify(named[part]) === JSON.stringify(object[part]));
}

/** The object of an entry, as texts name it. */
export function entryObject({ object }: AcceptedEntry): string {
  if (typeof object === 'string') return object;
  const path = [object.schema, object.table, object.name].filter((part) => part !== undefined).join('.');
  return `${object.kind} ${path}${object.arguments ? `(${object.arguments.join(', ')})` : ''}`;
}
