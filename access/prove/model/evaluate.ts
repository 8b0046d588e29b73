import { namesOf, type Expression } from '../../../postgres/expressions/parse-expression.ts';
import { cast } from './casts.ts';
import type { Environment } from './environment.ts';
import { isScalar, truthOf, type Kind, type Scalar, type Truth, type Value } from './values.ts';

export function evaluate(expression: Expression | undefined, environment: Environment): Value {
  return environment.sql.evaluate(expression, environment);
}

/** Truth of a condition. */
export function truthIn(expression: Expression | undefined, environment: Environment): Truth {
  const { t, f } = scalarTruth(evaluate(expression, environment), environment, expression);
  const { script } = environment.world;
  return { t: script.share(t), f: script.share(f) };
}

/** Value of an expression as a scalar: parts of claims and lists have none that the model knows. */
export function scalarIn(expression: Expression | undefined, environment: Environment): Scalar {
  return scalarFrom(evaluate(expression, environment), environment, expression);
}

export function scalarFrom(value: Value, environment: Environment, expression?: Expression): Scalar {
  if (isScalar(value)) return value;
  return unknown(environment, expression, value.kind === 'claims' ? 'other:json' : 'other:array');
}

/** A value of which nothing is known; the piece of SQL is recorded. */
export function unknown(
  environment: Environment,
  expression: Expression | undefined,
  kind: Kind = 'other:any',
): Scalar {
  return environment.world.fresh(kind, pieceOf(expression));
}

/** Records that values of a kind may be equal and not the same. */
export function noteTexts(kind: Kind, { catalog, world }: Environment): void {
  if (kind !== 'text' || !catalog.audited.survey.server.vague_texts) return;
  world.gaps.add('texts that are equal and not the same, in a collation that is not deterministic');
}

/** A piece of SQL in words, short. */
export function pieceOf(expression: Expression | undefined): string {
  if (!expression) return 'SQL that the parser does not read';
  const { kind, node } = expression;
  if (kind === 'FuncCall') return `function ${namesOf(node['funcname']).join('.')}`;
  if (kind === 'ColumnRef') return `column ${namesOf(node['fields']).join('.')}`;
  if (kind === 'A_Expr') return `operator ${namesOf(node['name']).at(-1)}`;
  return kind;
}

function scalarTruth(value: Value, environment: Environment, expression: Expression | undefined): Truth {
  const scalar = scalarFrom(value, environment, expression);
  if (scalar.kind === 'bool') return truthOf(scalar);
  if (scalar.literal !== undefined) return truthOf(cast(scalar, 'bool', environment.world));
  return truthOf({ ...unknown(environment, expression, 'bool') });
}
