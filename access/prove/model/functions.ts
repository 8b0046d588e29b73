import type { SurveyedFunction } from '../../../audit/anywhere/survey.ts';
import {
  expressionOf,
  expressionsOf,
  namesOf,
  textOf,
  type Expression,
} from '../../../postgres/expressions/parse-expression.ts';
import type { Node } from '../../../postgres/expressions/walk.ts';
import { resultPieces } from '../../diff/deciding-pieces.ts';
import { cast, tryCast } from './casts.ts';
import { DEEPEST, type Environment } from './environment.ts';
import { evaluate, scalarFrom, unknown } from './evaluate.ts';
import { NEGATED_WITHIN, onlyValue, readsRows } from './sub-selects.ts';
import { any, FALSE_TERM, TRUE_TERM } from './script.ts';
import { kindOf, type Kind, type List, type Value } from './values.ts';

/** Postgres' own functions by the kind of their results; they compute the same of the same, and null of null. */
const STRICT = new Map<string, Kind>([
  ...(
    [
      'lower',
      'upper',
      'btrim',
      'ltrim',
      'rtrim',
      'replace',
      'split_part',
      'substr',
      'substring',
      'md5',
      'left',
      'right',
      'initcap',
      'translate',
      'regexp_replace',
      'to_char',
      'encode',
    ] as const
  ).map((name) => [name, 'text'] as const),
  ...(['length', 'char_length', 'octet_length', 'strpos', 'position', 'cardinality'] as const).map(
    (name) => [name, 'int'] as const,
  ),
  ...(['starts_with', 'like_escape', 'isfinite'] as const).map((name) => [name, 'bool'] as const),
  ...(['round', 'floor', 'ceil', 'date_part', 'extract'] as const).map((name) => [name, 'numeric'] as const),
]);

/** Value of a function call. */
export function callFunction(expression: Expression, environment: Environment): Value {
  const { node } = expression;
  const names = namesOf(node['funcname']);
  const name = names.at(-1) ?? '';
  const schema = names.length > 1 ? names.at(-2) : undefined;
  const parts = expressionsOf(node['args']);
  // One of a schema with the same name may fit better.
  const isShadowed = schema === undefined && environment.catalog.functions(undefined, name).length > 0;
  if (!isShadowed && (schema === undefined || schema === 'pg_catalog')) {
    const own = builtIn(name, parts, expression, environment);
    if (own) return own;
  }
  if (schema === undefined && name === 'claim') {
    const path = parts.map(textOf);
    if (path.every((part) => part !== undefined) && environment.catalog.functions(undefined, 'claim').length === 0) {
      return environment.world.claim(path);
    }
  }
  const fn = findFunction(schema, name, parts.length, Boolean(node['func_variadic']), environment);
  if (!fn) return unknown(environment, expression);
  if (environment.catalog.isTryCast(fn)) {
    const [value, type] = parts.map((part) => scalarFrom(evaluate(part, environment), environment, part));
    return value && type ? tryCast(value, type.kind, environment.world) : unknown(environment, expression);
  }
  const body = bodyEnvironment(fn, parts, environment, Boolean(node['func_variadic']));
  const query = environment.catalog.query(fn);
  if (!body || !query) return opaque(fn, parts, expression, environment);
  const kind = kindOf(fn.returns);
  const value = strictly(fn, body, onlyValue(query, within(query, body)), environment);
  return value.kind === 'claims' || value.kind === 'list' || kind.startsWith('other:')
    ? value
    : cast(value, kind, environment.world);
}

/** A function that reads rows counts as a sub-select. */
function within(query: Node, body: Environment): Environment {
  if (!readsRows(query)) return body;
  if (body.nesting > 0 && body.isNegated) body.world.gaps.add(NEGATED_WITHIN);
  return { ...body, nesting: body.nesting + 1, isNegated: false };
}

/** The result of a function that is null where an argument is null. */
function strictly(fn: SurveyedFunction, body: Environment, value: Value, environment: Environment): Value {
  if (!fn.strict) return value;
  const absent = any(
    ...fn.arguments.map((_, n) => {
      const given = body.arguments.get(`$${n + 1}`);
      return given === undefined || given.kind === 'claims'
        ? environment.world.freshTruth(`arguments of ${fn.signature}`)
        : given.isNull;
    }),
  );
  if (absent === FALSE_TERM) return value;
  const scalar = scalarFrom(value, environment);
  return { ...scalar, literal: undefined, truth: undefined, isNull: any(scalar.isNull, absent) };
}

/** Function of a name that takes so many arguments; the only one. */
export function findFunction(
  schema: string | undefined,
  name: string,
  count: number,
  isVariadic: boolean,
  { catalog }: Environment,
): SurveyedFunction | undefined {
  const found = catalog
    .functions(schema, name)
    .filter((fn) => isVariadic || fn.arguments.length >= count || isList(fn));
  const exact = found.filter((fn) => fn.arguments.length === count);
  return found.length === 1 ? found[0] : exact.length === 1 ? exact[0] : undefined;
}

const isList = (fn: SurveyedFunction) => fn.arguments.at(-1)?.endsWith('[]') ?? false;

/** The environment of a function's body; undefined where functions call each other too deeply. */
export function bodyEnvironment(
  fn: SurveyedFunction,
  parts: readonly Expression[],
  environment: Environment,
  isVariadic: boolean,
): Environment | undefined {
  if (environment.depth >= DEEPEST) return undefined;
  const values: Value[] = [];
  parts.forEach((part, n) => {
    const isNamed = part.kind === 'NamedArgExpr';
    const position = isNamed ? fn.argument_names.indexOf(String(part.node['name'])) : n;
    values[position] = evaluate(isNamed ? expressionOf(part.node['arg']) : part, environment);
  });
  const args = new Map<string, Value>();
  const place = (n: number, value: Value) => {
    args.set(`$${n + 1}`, value);
    const name = fn.argument_names[n];
    if (name) args.set(name, value);
  };
  const last = fn.arguments.length - 1;
  if (isList(fn) && !isVariadic && values.length >= last && values[last]?.kind !== 'list') {
    values.slice(0, last).forEach((value, n) => place(n, value));
    const items = values.slice(last).map((value) => ({ guard: TRUE_TERM, value: scalarFrom(value, environment) }));
    place(last, { kind: 'list', items, isNull: 'false' } satisfies List);
  } else {
    values.forEach((value, n) => {
      const kind = kindOf(fn.arguments[n] ?? '');
      const isCast = value.kind !== 'claims' && value.kind !== 'list' && !kind.startsWith('other:');
      place(n, isCast ? cast(value, kind, environment.world) : value);
    });
  }
  const user = fn.security_definer ? fn.owner : environment.user;
  return {
    ...environment,
    role: user,
    user,
    scopes: [],
    tables: new Map(),
    arguments: args,
    depth: environment.depth + 1,
  };
}

/** Result of a function whose body the model does not read. */
function opaque(
  fn: SurveyedFunction,
  parts: readonly Expression[],
  expression: Expression,
  environment: Environment,
): Value {
  const kind = kindOf(fn.returns);
  const piece = `function ${fn.signature}`;
  const values = parts.map((part) => scalarFrom(evaluate(part, environment), environment, part));
  environment.world.unmodelled.add(piece);
  // The same of the same, if it reads nothing but its arguments; one that reads tables does so at one time.
  if (fn.volatility === 'v') return unknown(environment, expression, kind);
  // Another body computes something else, and so do other rights: two states of a database have symbols of their own.
  return environment.world.apply(`${piece} ${decidingOn(environment, fn)}`, kind, values);
}

/** All that decides on the result of a function for the user who calls it. */
function decidingOn({ catalog, user }: Environment, fn: SurveyedFunction): string {
  return JSON.stringify(resultPieces(catalog.audited, user, fn).map(({ text }) => text));
}

function builtIn(
  name: string,
  parts: readonly Expression[],
  expression: Expression,
  environment: Environment,
): Value | undefined {
  const { world } = environment;
  const value = (n: number) => evaluate(parts[n], environment);
  const scalar = (n: number) => scalarFrom(value(n), environment, parts[n]);
  switch (name) {
    case 'current_setting': {
      const setting = textOf(parts[0])?.toLowerCase();
      if (setting === 'request.jwt.claims') return { kind: 'claims', path: [] };
      if (setting?.startsWith('request.jwt.claim.')) {
        return { kind: 'text', term: world.text('').term, isNull: TRUE_TERM };
      }
      // It stays what the request has set in functions of other owners.
      if (setting === 'role') return { ...world.text(world.requester.role), literal: undefined };
      world.unmodelled.add(`setting ${setting ?? 'of a computed name'}`);
      return setting === undefined
        ? unknown(environment, expression, 'text')
        : world.open('text', `setting ${setting}`);
    }
    case 'now':
    case 'transaction_timestamp':
    case 'statement_timestamp':
      return world.open('timestamptz', 'now', true);
    case 'json_extract_path':
    case 'jsonb_extract_path':
    case 'json_extract_path_text':
    case 'jsonb_extract_path_text': {
      const [claims, path] = [value(0), pathFrom(parts.slice(1), environment)];
      if (claims.kind !== 'claims' || !path) return undefined;
      const whole = [...claims.path, ...path];
      return name.endsWith('_text') ? world.claim(whole) : { kind: 'claims', path: whole };
    }
    case 'to_jsonb':
    case 'to_json':
      return value(0).kind === 'claims' ? value(0) : undefined;
    case 'gen_random_uuid':
      return { ...world.open('uuid', `random ${world.choice()}`), isNull: 'false' };
    case 'nextval':
      return { ...world.open('int', `next ${world.choice()}`), isNull: 'false' };
    case 'array_position':
      return undefined;
    default: {
      const kind = STRICT.get(name);
      if (kind === undefined) return undefined;
      const scalars = parts.map((_, n) => scalar(n));
      world.unmodelled.add(`function ${name}`);
      return { ...world.apply(`function ${name}`, kind, scalars), isNull: any(...scalars.map(({ isNull }) => isNull)) };
    }
  }
}

/** Path of a claim, from constants or from an array of them. */
function pathFrom(parts: readonly Expression[], environment: Environment): string[] | undefined {
  const path = parts.flatMap((part) => {
    const value = evaluate(part, environment);
    if (value.kind === 'list') return value.items.map((item) => item.value.literal);
    return value.kind === 'claims' ? [undefined] : [value.literal];
  });
  return path.every((part) => part !== undefined) ? path : undefined;
}
