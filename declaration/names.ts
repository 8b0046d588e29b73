import { refuse } from '../errors/secured-postgrest-error.ts';
import type { Declaration, QualifiedName } from './types.ts';

/** NAMEDATALEN - 1: Postgres silently cuts longer names (documentation, "Identifiers and Key Words"). */
const MAX_BYTES = 63;

/** Roles that Postgres keeps for itself, or that mean something else where a role is named. */
const RESERVED_ROLES = ['public', 'none', 'current_user', 'current_role', 'session_user', 'user'];
export const SYSTEM_SCHEMAS = ['pg_catalog', 'information_schema', 'pg_toast'];

/** Refuses a name that Postgres would cut, fold, or could not hold. */
export function checkName(name: string, place: string): void {
  if (name === '') refuse('invalid_name', place, 'the name is empty', 'give it a name');
  if (name.includes('\0') || name.includes('.')) {
    refuse('invalid_name', place, `${JSON.stringify(name)} holds a dot or a NUL character`, 'use another name');
  }
  if (Buffer.byteLength(name) > MAX_BYTES) {
    refuse(
      'invalid_name',
      place,
      `"${name}" has ${Buffer.byteLength(name)} bytes and would be truncated`,
      `use at most ${MAX_BYTES}`,
    );
  }
  if (/[A-Z]/.test(name)) {
    refuse(
      'invalid_name',
      place,
      `"${name}" has capitals, which Postgres folds where it is not quoted`,
      `use "${name.toLowerCase()}"`,
    );
  }
}

/** Names that also stand in settings and on command lines: letters, digits and underscores only. */
function checkPlainName(name: string, place: string): void {
  checkName(name, place);
  if (!/^[a-z_][a-z0-9_]*$/.test(name)) {
    refuse('invalid_name', place, `"${name}" is not made of a-z, 0-9 and _`, 'use only these, and a letter first');
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

/** `schema.name`, or `name` in the default schema. */
export function qualify(name: string, defaultSchema: string, place: string): QualifiedName {
  const parts = name.split('.');
  const [schema, own] = parts.length === 1 ? [defaultSchema, parts[0]] : parts;
  if (parts.length > 2 || !schema || !own) {
    refuse('invalid_name', place, `"${name}" is neither "name" nor "schema.name"`, 'write it so');
  }
  checkName(own, place);
  return { schema, name: own };
}

/** Refuses a schema that is not managed. */
export function checkKnownSchema(
  schema: string,
  place: string,
  { schemas, internalSchemas }: Pick<Declaration, 'schemas' | 'internalSchemas'>,
): void {
  if (schemas.includes(schema) || internalSchemas.includes(schema)) return;
  refuse('unknown_schema', place, `"${schema}" is not a declared schema`, 'add it to schemas or internalSchemas');
}

/** Refuses the second of two equal names. */
export function checkDistinct(names: readonly string[], place: (index: number) => string): void {
  names.forEach((name, index) => {
    const first = names.indexOf(name);
    if (first !== index) {
      refuse('duplicate_name', place(index), `"${name}" is declared twice`, `remove it here or at ${place(first)}`);
    }
  });
}
