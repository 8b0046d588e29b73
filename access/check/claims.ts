import type { Random } from './random.ts';
import { claimValue } from './values.ts';

/** A claim that policies, defaults or functions read. */
export interface ReadClaim {
  readonly path: readonly string[];
  /** SQL of the type that it is cast to, where the text says so. */
  readonly type?: string | undefined;
  /** True where its members are read. */
  readonly list?: boolean | undefined;
}

/** Claims that a signer or the server decides on. */
const OTHERS = ['role', 'exp', 'iat', 'nbf', 'jti', 'iss', 'aud', 'prefer'];

const CALLED = /claim(_list)?\(\s*(?:VARIADIC\s+ARRAY\[)?((?:'[^']*'(?:::text)?\s*,?\s*)+)/gi;
const EXTRACTED = /->>\s*'([^']+)'|#>>\s*'\{([^}']+)\}'/g;
const CAST = /^[^:;]{0,40}?(?:::|NULL::)\s*(?:pg_catalog\.)?"?(\w+)/;

const TYPES: Readonly<Record<string, string>> = {
  int: 'integer',
  int2: 'integer',
  int4: 'integer',
  int8: 'bigint',
  integer: 'integer',
  bigint: 'bigint',
  uuid: 'uuid',
  text: 'text',
  numeric: 'numeric',
  bool: 'boolean',
  boolean: 'boolean',
};

/** Claims that SQL reads, by `claim('a', 'b')` and by the operators of JSON. */
export function claimsIn(texts: readonly string[]): readonly ReadClaim[] {
  const found = new Map<string, ReadClaim>();
  const add = (path: readonly string[], list: boolean, rest: string) => {
    if (path.length === 0 || OTHERS.includes(path[0]!)) return;
    const type = TYPES[CAST.exec(rest.replace(/^(?:::text)+/, ''))?.[1]?.toLowerCase() ?? ''];
    const known = found.get(path.join('.'));
    found.set(path.join('.'), { path, type: known?.type ?? type, list: known?.list === true || list });
  };
  for (const text of texts) {
    for (const { 0: all, 1: list, 2: names, index } of text.matchAll(CALLED)) {
      const path = [...names!.matchAll(/'([^']*)'/g)].map(([, name]) => name!);
      add(path, list !== undefined, text.slice(index + all.length, index + all.length + 60));
    }
    for (const { 0: all, 1: name, 2: path, index } of text.matchAll(EXTRACTED)) {
      add(
        name === undefined ? path!.split(',') : [name],
        false,
        text.slice(index + all.length, index + all.length + 60),
      );
    }
  }
  return [...found.values()];
}

/** Random claims, of which so many of a hundred are missing. */
export function randomClaims(
  random: Random,
  claims: readonly ReadClaim[],
  words: readonly string[],
  missing = 8,
): Record<string, unknown> {
  const made: Record<string, unknown> = {};
  for (const { path, type, list } of claims) {
    if (random.percent(missing)) continue;
    const values = () => Array.from({ length: random.below(4) }, () => claimValue(random, type, words));
    setAt(made, path, list && random.percent(92) ? values() : claimValue(random, type, words));
  }
  return made;
}

function setAt(claims: Record<string, unknown>, [name = '', ...rest]: readonly string[], value: unknown): void {
  if (rest.length === 0) {
    claims[name] = value;
    return;
  }
  const inner = claims[name];
  const object = typeof inner === 'object' && inner !== null && !Array.isArray(inner) ? inner : {};
  claims[name] = object;
  setAt(object as Record<string, unknown>, rest, value);
}
