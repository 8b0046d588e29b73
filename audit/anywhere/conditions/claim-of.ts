import {
  bareSelect,
  castType,
  expressionOf,
  expressionsOf,
  namesOf,
  textOf,
  type Expression,
} from '../../../postgres/expressions/parse-expression.ts';
import type { Anywhere } from '../anywhere.ts';
import { constantText, withoutCasts } from './comparisons.ts';
import type { FunctionTexts } from './claim-readers.ts';

/** A claim, or JSON inside of one, that is all of an expression. */
export interface ReadClaim {
  readonly path: readonly string[];
  /** Types that it is cast to, as SQL, the innermost first; those of JSON on the way are left out. */
  readonly casts: readonly string[];
  /** Settings that it is read from, in their order: `request.jwt.claims`, or one that servers before version 12 set. */
  readonly settings: readonly string[];
  /** True if another value can stand in its place: `coalesce(claim, 'x')`. */
  readonly hasOther: boolean;
  /** True if the path has a number: an item of a list. */
  readonly hasIndex: boolean;
}

/** Functions that an expression may call, by their names as they stand: `['auth', 'uid']`. */
export interface ClaimSources {
  /** The one expression that a function without arguments computes. */
  bodyOf(names: readonly string[]): Expression | undefined;
  /** True if a function returns the claim whose path is its arguments. */
  readsClaims(names: readonly string[]): boolean;
}

/** Setting with all claims of a request, as servers from version 12 on set it. */
export const CLAIMS_SETTING = 'request.jwt.claims';

const JSON_TYPES = ['json', 'jsonb'];
export const TEXT_TYPES = ['text', 'varchar'];
/** A function may call another one, and that itself. */
const DEEPEST = 5;

/** Functions of a database that was read. */
export function claimSources({ texts, conditions }: Pick<Anywhere, 'texts' | 'conditions'>): ClaimSources {
  return {
    bodyOf: (names) => conditions.bodyOf(schemaIn(names), names.at(-1)!),
    readsClaims: readersIn(texts),
  };
}

/** Tests functions by their texts. */
export function readersIn(texts: FunctionTexts): ClaimSources['readsClaims'] {
  return (names) => texts.named(schemaIn(names), names.at(-1)!).some((fn) => texts.readsClaims(fn));
}

function schemaIn(names: readonly string[]): string | undefined {
  return names.length > 1 ? names.at(-2) : undefined;
}

/** The claim that is all of an expression, in one of the ways that are in use; undefined for anything else. */
export function claimOf(expression: Expression | undefined, sources: ClaimSources, depth = 0): ReadClaim | undefined {
  if (!expression || depth > DEEPEST) return undefined;
  const again = (inner: unknown) => claimOf(expressionOf(inner), sources, depth);
  const { kind, node } = expression;
  switch (kind) {
    case 'TypeCast':
      return withCast(again(node['arg']), node);
    case 'SubLink':
      return claimOf(bareSelect(expression), sources, depth);
    case 'CoalesceExpr':
      return firstOf(expressionsOf(node['args']).map((one) => claimOf(one, sources, depth)));
    case 'A_Expr': {
      if (node['kind'] === 'AEXPR_NULLIF') return again(node['lexpr']);
      const operator = namesOf(node['name']).at(-1);
      if (operator !== '->>' && operator !== '#>>') return undefined;
      return member(claimsOf(expressionOf(node['lexpr']), sources, depth), operator, expressionOf(node['rexpr']));
    }
    case 'FuncCall':
      return ofCall(node, sources, depth);
    default:
      return undefined;
  }
}

function ofCall(node: Expression['node'], sources: ClaimSources, depth: number): ReadClaim | undefined {
  const names = namesOf(node['funcname']);
  const given = expressionsOf(node['args']);
  const setting = settingRead(node);
  const [, legacy] = /^request\.jwt\.claim\.(.+)$/i.exec(setting ?? '') ?? [];
  if (legacy !== undefined) return { ...plain(setting!), path: [legacy] };
  const name = names.at(-1)!;
  if (name === 'try_cast') {
    const found = claimOf(given[0], sources, depth);
    return given[1]?.kind === 'TypeCast' ? withCast(found, given[1].node) : found;
  }
  if (given.length === 0) return claimOf(sources.bodyOf(names), sources, depth + 1);
  if (/^jsonb?_extract_path_text$/.test(name)) {
    return given
      .slice(1)
      .reduce<ReadClaim | undefined>((before, one) => member(before, '->>', one), claimsOf(given[0], sources, depth));
  }
  if (!sources.readsClaims(names)) return undefined;
  return given
    .map(withoutCasts)
    .flatMap((one) => (one?.kind === 'A_ArrayExpr' ? expressionsOf(one.node['elements']) : [one]))
    .reduce<ReadClaim | undefined>((before, one) => member(before, '->>', one), plain(CLAIMS_SETTING));
}

/** JSON inside of the claims; the empty path for all of them. */
export function claimsOf(expression: Expression | undefined, sources: ClaimSources, depth = 0): ReadClaim | undefined {
  if (!expression || depth > DEEPEST) return undefined;
  const again = (inner: unknown) => claimsOf(expressionOf(inner), sources, depth);
  const { kind, node } = expression;
  switch (kind) {
    case 'TypeCast':
      return [...JSON_TYPES, ...TEXT_TYPES].includes(castType(node)) ? again(node['arg']) : undefined;
    case 'SubLink':
      return claimsOf(bareSelect(expression), sources, depth);
    case 'CoalesceExpr': {
      // Any of the old and the new setting, or an empty object where there is none.
      const parts = expressionsOf(node['args']).filter((one) => textOf(one) !== '{}');
      return firstOf(parts.map((one) => claimsOf(one, sources, depth)));
    }
    case 'A_Expr': {
      if (node['kind'] === 'AEXPR_NULLIF') return again(node['lexpr']);
      const operator = namesOf(node['name']).at(-1);
      if (operator !== '->' && operator !== '#>') return undefined;
      return member(again(node['lexpr']), operator, expressionOf(node['rexpr']));
    }
    case 'FuncCall': {
      const setting = settingRead(node)?.toLowerCase();
      if (setting === CLAIMS_SETTING || setting === 'request.jwt.claim') return plain(setting);
      if (expressionsOf(node['args']).length > 0) return undefined;
      return claimsOf(sources.bodyOf(namesOf(node['funcname'])), sources, depth + 1);
    }
    default:
      return undefined;
  }
}

function plain(setting: string): ReadClaim {
  return { path: [], casts: [], settings: [setting], hasOther: false, hasIndex: false };
}

function withCast(claim: ReadClaim | undefined, node: Expression['node']): ReadClaim | undefined {
  return claim && { ...claim, casts: [...claim.casts, castType(node)] };
}

/** The first of several values. The same claim may be read in several ways, for servers of different versions. */
function firstOf([first, ...others]: readonly (ReadClaim | undefined)[]): ReadClaim | undefined {
  if (!first) return undefined;
  const essence = ({ path, casts }: ReadClaim) =>
    JSON.stringify([path, casts.filter((cast) => !TEXT_TYPES.includes(cast))]);
  const isSame = others.every((one) => one && essence(one) === essence(first));
  return {
    ...first,
    settings: [first, ...others].flatMap((one) => one?.settings ?? []),
    hasOther: !isSame || [first, ...others].some((one) => one?.hasOther),
  };
}

/** The claim in a member of JSON: `-> 'a'`, `-> 0` and `#> '{a,b}'`. */
function member(
  before: ReadClaim | undefined,
  operator: string,
  expression: Expression | undefined,
): ReadClaim | undefined {
  const name = constantText(expression);
  if (!before || name === undefined) return undefined;
  const isPath = operator.startsWith('#');
  if (isPath && !/^\{[\w,]+\}$/.test(name)) return undefined;
  const names = isPath ? name.slice(1, -1).split(',') : [name];
  return { ...before, path: [...before.path, ...names], hasIndex: before.hasIndex || textOf(expression) === undefined };
}

function settingRead(node: Expression['node']): string | undefined {
  if (namesOf(node['funcname']).at(-1) !== 'current_setting') return undefined;
  return textOf(expressionsOf(node['args'])[0]);
}
