import type { Anywhere } from '../../../audit/anywhere/anywhere.ts';
import {
  bareSelect,
  castType,
  expressionOf,
  expressionsOf,
  namesOf,
  textOf,
  type Expression,
} from '../../../postgres/expressions/parse-expression.ts';

/** A claim that an expression reads, and the type that it is cast to. */
export interface ReadClaim {
  readonly path: readonly string[];
  /** SQL of the type; undefined for a text. */
  readonly type: string | undefined;
}

/** The claim that is all of an expression, also by way of a function without arguments; undefined for anything else. */
export function claimOf(audited: Anywhere, expression: Expression | undefined): ReadClaim | undefined {
  if (!expression) return undefined;
  const { kind, node } = expression;
  const inner = (value: unknown) => claimOf(audited, expressionOf(value));
  if (kind === 'TypeCast') {
    const found = inner(node['arg']);
    return found && { ...found, type: castType(node) };
  }
  if (kind === 'SubLink') return claimOf(audited, bareSelect(expression));
  if (kind === 'A_Expr' && ['->>', '#>>'].includes(namesOf(node['name']).at(-1) ?? '')) {
    const path = pathBelow(audited, expressionOf(node['lexpr']));
    const name = textOf(expressionOf(node['rexpr']));
    return path && name !== undefined ? { path: [...path, ...namesIn(name)], type: undefined } : undefined;
  }
  if (kind === 'A_Expr' && node['kind'] === 'AEXPR_NULLIF') return inner(node['lexpr']);
  if (kind === 'CoalesceExpr') return claimOf(audited, expressionsOf(node['args'])[0]);
  return kind === 'FuncCall' ? claimOfCall(audited, node) : undefined;
}

function claimOfCall(audited: Anywhere, node: Expression['node']): ReadClaim | undefined {
  const names = namesOf(node['funcname']);
  const name = names.at(-1)!;
  const schema = names.length > 1 ? names.at(-2) : undefined;
  const given = expressionsOf(node['args']);
  if (name === 'try_cast') {
    const found = claimOf(audited, given[0]);
    return found && given[1]?.kind === 'TypeCast' ? { ...found, type: castType(given[1].node) } : found;
  }
  if (given.length === 0) return claimOf(audited, audited.conditions.bodyOf(schema, name));
  if (['json_extract_path_text', 'jsonb_extract_path_text'].includes(name)) {
    const path = pathBelow(audited, given[0]);
    const rest = given.slice(1).map(textOf);
    return path && !rest.includes(undefined) ? { path: [...path, ...(rest as string[])], type: undefined } : undefined;
  }
  if (!audited.texts.named(schema, name).some((fn) => audited.texts.readsClaims(fn))) return undefined;
  const path = given
    .flatMap((one) => (one.kind === 'A_ArrayExpr' ? expressionsOf(one.node['elements']) : [one]))
    .map(textOf);
  return path.includes(undefined) ? undefined : { path: path as string[], type: undefined };
}

/** Path of a JSON value in the claims: none for the claims themselves. */
function pathBelow(audited: Anywhere, expression: Expression | undefined): string[] | undefined {
  if (!expression) return undefined;
  const { kind, node } = expression;
  if (kind === 'TypeCast') return pathBelow(audited, expressionOf(node['arg']));
  if (kind === 'SubLink') return pathBelow(audited, bareSelect(expression));
  if (kind === 'A_Expr' && ['->', '#>'].includes(namesOf(node['name']).at(-1) ?? '')) {
    const path = pathBelow(audited, expressionOf(node['lexpr']));
    const name = textOf(expressionOf(node['rexpr']));
    return path && name !== undefined ? [...path, ...namesIn(name)] : undefined;
  }
  if (kind === 'A_Expr' && node['kind'] === 'AEXPR_NULLIF') return pathBelow(audited, expressionOf(node['lexpr']));
  if (kind === 'CoalesceExpr') return pathBelow(audited, expressionsOf(node['args'])[0]);
  if (kind !== 'FuncCall') return undefined;
  const names = namesOf(node['funcname']);
  const given = expressionsOf(node['args']);
  if (names.at(-1) === 'current_setting') {
    return textOf(given[0]) === 'request.jwt.claims' ? [] : undefined;
  }
  if (given.length > 0) return undefined;
  return pathBelow(audited, audited.conditions.bodyOf(names.length > 1 ? names.at(-2) : undefined, names.at(-1)!));
}

/** `{a,b}` of `#>>`, or one name. */
function namesIn(text: string): string[] {
  return /^\{.*\}$/.test(text) ? text.slice(1, -1).split(',') : [text];
}
