import type { ClaimPath, ClaimType } from './types.ts';

/** The names on the way to a claim. */
export function claimPath(claim: ClaimPath): readonly string[] {
  return typeof claim === 'string' ? [claim] : claim;
}

/** The names of the types in pg_catalog: the words `int`, `bigint` and `boolean` are grammar, not names. */
export function typeName(type: ClaimType): string {
  return {
    text: 'text',
    uuid: 'uuid',
    numeric: 'numeric',
    int2: 'int2',
    int4: 'int4',
    int8: 'int8',
    int: 'int4',
    bigint: 'int8',
    boolean: 'bool',
  }[type];
}
