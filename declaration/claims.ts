import type { ClaimPath, ClaimType } from './types.ts';

/** The names on the way to a claim. */
export function claimPath(claim: ClaimPath): readonly string[] {
  return typeof claim === 'string' ? [claim] : claim;
}

/** The value at the path of a claim, as Postgres' `#>` reads it: a number is an index of a list. */
export function readClaim(claims: Readonly<Record<string, unknown>>, claim: ClaimPath): unknown {
  return claimPath(claim).reduce<unknown>((value, name) => {
    if (Array.isArray(value)) return /^-?\d+$/.test(name) ? value.at(Number(name)) : undefined;
    return typeof value === 'object' && value !== null && Object.hasOwn(value, name) ? value[name as never] : undefined;
  }, claims);
}

/** Sets the value at the path of a claim, unless there is one. */
export function setClaim(claims: Record<string, unknown>, claim: ClaimPath, value: unknown): void {
  const [name, ...rest] = claimPath(claim);
  if (name === undefined) return;
  if (rest.length === 0) claims[name] ??= value;
  else setClaim((claims[name] ??= {}) as Record<string, unknown>, rest, value);
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
