import { didYouMean } from '../errors/did-you-mean.ts';
import { refuse } from '../errors/secured-postgrest-error.ts';
import type { Declaration, QualifiedName } from './types.ts';

/** NAMEDATALEN - 1: Postgres silently cuts longer names (documentation, "Identifiers and Key Words"). */
const MAX_BYTES = 63;

/** Roles that Postgres keeps for itself, or that mean something else where a role is named. */
const RESERVED_ROLES = ['public', 'none', 'current_user', 'current_role', 'session_user', 'user'];
export const SYSTEM_SCHEMAS = ['pg_catalog', 'information_schema', 'pg_toast'];

/** Refuses a name that Postgres would truncate or could not store. */
export function checkName(name: string, place: string): void {
  if (name === '') refuse('invalid_name', place, 'the name is empty', 'give it a name');
  if (name.includes('\0')) {
    refuse('invalid_name', place, `${JSON.stringify(name)} holds a NUL character`, 'use another name');
  }
  if (Buffer.byteLength(name) > MAX_BYTES) {
    refuse(
      'invalid_name',
      place,
      `"${name}" has ${Buffer.byteLength(name)} bytes and would be truncated`,
      `use at most ${MAX_BYTES}`,
    );
  }
}

/** Names of schemas and roles also appear in settings and on command lines. */
function checkPlainName(name: string, place: string): void {
  checkName(name, place);
  if (!/^[A-Za-z_][A-Za-z0-9_-]*$/.test(name)) {
    refuse(
      'invalid_name',
      place,
      `"${name}" is not made of letters, digits, _ and -`,
      'use only these, and begin with a letter or _',
    );
  }
}

export function checkRoleName(name: string, place: string): void {
  checkPlainName(name, place);
  if (name.startsWith('pg_') || RESERVED_ROLES.includes(name)) {
    refuse('invalid_name', place, `"${name}" is a role name that Postgres keeps for itself`, 'use another name');
  }
}

export function checkSchemaName(name: string, place: string): void {
  checkPlainName(name, place);
  if (name.startsWith('pg_') || SYSTEM_SCHEMAS.includes(name)) {
    refuse('schema_not_exposable', place, `"${name}" is a system schema`, 'use a schema of your own');
  }
}

/** One part of a name: in double quotes as in SQL, or as it is. */
const PART = /(?:"((?:[^"]|"")*)"|([^".][^.]*))(?:\.|$)/y;

/**
 * `schema.name`, or `name` in the default schema. Nothing is folded: `User` is the table that SQL calls `"User"`. A part that
 * contains a dot is in double quotes.
 */
export function qualify(name: string, defaultSchema: string, place: string): QualifiedName {
  const parts = splitName(name);
  const [schema, own] = parts.length === 1 ? [defaultSchema, parts[0]] : parts;
  if (parts.length > 2 || !schema || !own) {
    refuse(
      'invalid_name',
      place,
      `"${name}" is neither "name" nor "schema.name"`,
      'write it so, with a part that contains a dot in double quotes',
    );
  }
  checkName(own, place);
  return { schema, name: own };
}

/** The parts of a name between dots; none if the name is malformed. */
export function splitName(name: string): string[] {
  const parts: string[] = [];
  PART.lastIndex = 0;
  while (PART.lastIndex < name.length) {
    const found = PART.exec(name);
    if (!found) return [];
    parts.push(found[1]?.replaceAll('""', '"') ?? found[2]!);
  }
  return name.endsWith('.') ? [] : parts;
}

/** Refuses a schema that is not managed. */
export function checkKnownSchema(
  schema: string,
  place: string,
  { schemas, internalSchemas }: Pick<Declaration, 'schemas' | 'internalSchemas'>,
): void {
  if (schemas.includes(schema) || internalSchemas.includes(schema)) return;
  const known = [...schemas, ...internalSchemas];
  refuse(
    'unknown_schema',
    place,
    `"${schema}" is not a declared schema${didYouMean(schema, known)}`,
    `use one of ${known.join(', ')}, or add it to schemas or internalSchemas`,
  );
}

/** Refuses the second of two equal names. `orElse`: another fix than to remove one. */
export function checkDistinct(names: readonly string[], place: (index: number) => string, orElse = ''): void {
  const indexes = new Map<string, number>();
  for (const [index, name] of names.entries()) {
    const first = indexes.get(name);
    if (first !== undefined) {
      refuse(
        'duplicate_name',
        place(index),
        `"${name}" is declared twice`,
        `remove it here or at ${place(first)}${orElse}`,
      );
    }
    indexes.set(name, index);
  }
}
