import {
  bareSelect,
  castType,
  expressionOf,
  expressionsOf,
  namesOf,
  textOf,
  type Expression,
} from '../../postgres/expressions/parse-expression.ts';

/** A claim that an expression reads. */
export interface ReadClaim {
  readonly path: readonly string[];
  /** Type that it is cast to. @default text */
  readonly type?: string;
}

/** Functions without arguments that return a claim, by their full name. */
export type ClaimFunctions = ReadonlyMap<string, Expression>;

const JSON_TYPES = ['json', 'jsonb'];
const TEXT_TYPES = ['text', 'varchar'];
/** A function may call another one, and that itself. */
const DEEPEST = 5;

/** The claim that an expression reads in one of the ways that are in use; undefined for anything else. */
export function claimOf(
  expression: Expression | undefined,
  functions: ClaimFunctions,
  depth = 0,
): ReadClaim | undefined {
  if (!expression || depth > DEEPEST) return undefined;
  const again = (inner: Expression | undefined) => claimOf(inner, functions, depth);
  const { kind, node } = expression;
  switch (kind) {
    case 'TypeCast': {
      const claim = again(expressionOf(node['arg']));
      return claim && withType(claim, castType(node));
    }
    case 'SubLink':
      return again(bareSelect(expression));
    case 'CoalesceExpr':
      return onlyOne(expressionsOf(node['args']).map(again));
    case 'A_Expr':
      if (node['kind'] === 'AEXPR_NULLIF') return again(expressionOf(node['lexpr']));
      return memberOf(expression, functions, depth);
    case 'FuncCall':
      return (
        legacyClaim(expression) ?? claimOf(functions.get(namesOf(node['funcname']).join('.')), functions, depth + 1)
      );
    default:
      return undefined;
  }
}

function withType(claim: ReadClaim, type: string): ReadClaim | undefined {
  if (TEXT_TYPES.includes(type)) return claim;
  return claim.type === undefined || claim.type === type ? { ...claim, type } : undefined;
}

/** Several ways to read the same claim, for servers of different versions. */
function onlyOne(claims: readonly (ReadClaim | undefined)[]): ReadClaim | undefined {
  const [first] = claims;
  return claims.every((claim) => claim && JSON.stringify(claim) === JSON.stringify(first)) ? first : undefined;
}

/** `current_setting('request.jwt.claim.sub', true)`, as servers before version 12 set it. */
function legacyClaim({ node }: Expression): ReadClaim | undefined {
  const name = /^request\.jwt\.claim\.(.+)$/.exec(settingRead(node) ?? '')?.[1];
  return name === undefined ? undefined : { path: [name] };
}

function settingRead(node: Expression['node']): string | undefined {
  if (namesOf(node['funcname']).at(-1) !== 'current_setting') return undefined;
  return textOf(expressionsOf(node['args'])[0]);
}

/** `claims ->> 'sub'`, `claims #>> '{a,b}'`, with any number of `->` before it. */
function memberOf({ node }: Expression, functions: ClaimFunctions, depth: number): ReadClaim | undefined {
  const operator = namesOf(node['name']).at(-1);
  if (operator !== '->>' && operator !== '#>>') return undefined;
  const before = claimsPath(expressionOf(node['lexpr']), functions, depth);
  const after = pathOf(operator, expressionOf(node['rexpr']));
  return before && after && { path: [...before, ...after] };
}

function pathOf(operator: string, expression: Expression | undefined): string[] | undefined {
  const text = textOf(expression);
  if (text === undefined) return undefined;
  if (operator === '->>' || operator === '->') return [text];
  return /^\{[\w,]+\}$/.test(text) ? text.slice(1, -1).split(',') : undefined;
}

/** The path of JSON inside of the claims; empty for all of them. */
export function claimsPath(
  expression: Expression | undefined,
  functions: ClaimFunctions,
  depth = 0,
): readonly string[] | undefined {
  if (!expression || depth > DEEPEST) return undefined;
  const again = (inner: unknown) => claimsPath(expressionOf(inner), functions, depth);
  const { kind, node } = expression;
  switch (kind) {
    case 'TypeCast':
      return JSON_TYPES.includes(castType(node)) || TEXT_TYPES.includes(castType(node))
        ? again(node['arg'])
        : undefined;
    case 'SubLink':
      return claimsPath(bareSelect(expression), functions, depth);
    case 'CoalesceExpr': {
      // Any of the old and the new setting, or an empty object where there is none.
      const paths = expressionsOf(node['args']).filter((one) => textOf(one) !== '{}');
      const found = paths.map((one) => claimsPath(one, functions, depth));
      return found.every((path) => path && path.join() === found[0]?.join()) ? found[0] : undefined;
    }
    case 'A_Expr': {
      if (node['kind'] === 'AEXPR_NULLIF') return again(node['lexpr']);
      const operator = namesOf(node['name']).at(-1);
      if (operator !== '->' && operator !== '#>') return undefined;
      const before = again(node['lexpr']);
      const after = pathOf(operator, expressionOf(node['rexpr']));
      return before && after && [...before, ...after];
    }
    case 'FuncCall': {
      const setting = settingRead(node);
      if (setting === 'request.jwt.claims' || setting === 'request.jwt.claim') return [];
      return claimsPath(functions.get(namesOf(node['funcname']).join('.')), functions, depth + 1);
    }
    default:
      return undefined;
  }
}
