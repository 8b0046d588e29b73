import { z } from 'zod';
import { didYouMean } from '../errors/did-you-mean.ts';
import { valueAt } from './place.ts';

/** A problem of a value's shape: where, and in words. */
export interface ShapeProblem {
  readonly path: readonly PropertyKey[];
  readonly problem: string;
}

/** A node of a JSON schema, as far as it is read here. */
interface Node {
  readonly type?: string;
  readonly const?: unknown;
  readonly enum?: readonly unknown[];
  readonly properties?: Readonly<Record<string, Node>>;
  readonly additionalProperties?: Node | boolean;
  readonly required?: readonly string[];
  readonly items?: Node;
  readonly anyOf?: readonly Node[];
  readonly oneOf?: readonly Node[];
}

type Issue = z.core.$ZodIssue;

/** Describes what is wrong with a value that a schema rejects, what the schema allows, and what was probably meant. */
export function describeIssue({ issues }: z.ZodError, schema: z.ZodType, input: unknown): ShapeProblem {
  const root = jsonSchema(schema);
  const { path, ...specific } = mostSpecific(misspelt(issues, input) ?? issues[0]!, input);
  const value = valueAt(path, input);
  const possible = nodesAt(root, path, input);
  switch (specific.code) {
    case 'unrecognized_keys': {
      const [name = ''] = specific.keys;
      const known = possible.flatMap(({ properties = {} }) => Object.keys(properties));
      // Members of two alternatives: either is the unknown one.
      if (known.includes(name)) return { path, problem: noAlternative(value, path, possible) };
      return { path, problem: `unknown member "${name}"${didYouMean(name, known)}` };
    }
    case 'invalid_value':
      return { path, problem: noneOf(hidden(value, path), specific.values, specific.values.map(show)) };
    case 'invalid_union':
      return { path, problem: value === undefined ? missing(possible) : noAlternative(value, path, possible) };
    default: {
      const isMissing = specific.code === 'invalid_type' && value === undefined;
      return { path, problem: isMissing ? missing(possible) : lowerFirst(specific.message) };
    }
  }
}

function noAlternative(value: unknown, path: readonly PropertyKey[], possible: readonly Node[]): string {
  const constants = possible.flatMap(({ const: constant, enum: values = [constant] }) => values);
  return noneOf(hidden(value, path), constants, [...new Set(possible.flatMap(inWords))]);
}

/** The unknown member beside a missing one, which it was probably meant to be. */
function misspelt(issues: readonly Issue[], input: unknown): Issue | undefined {
  const { path } = issues[0] ?? { path: [] };
  if (path.length === 0 || valueAt(path, input) !== undefined) return undefined;
  const parent = JSON.stringify(path.slice(0, -1));
  return issues.find((issue) => issue.code === 'unrecognized_keys' && JSON.stringify(issue.path) === parent);
}

/** Slow to make: kept for the next error. */
const jsonSchemas = new WeakMap<z.ZodType, Node>();

function jsonSchema(schema: z.ZodType): Node {
  const known = jsonSchemas.get(schema) ?? (z.toJSONSchema(schema, { io: 'input', target: 'draft-7' }) as Node);
  jsonSchemas.set(schema, known);
  return known;
}

/** An issue within the alternative that the value comes nearest to, where there is such a one. */
function mostSpecific(issue: Issue, input: unknown): Issue {
  if (issue.code !== 'invalid_union') return issue;
  const alternatives = issue.errors
    .filter((issues) => issues.every(({ path }) => path.length > 0))
    // The members of the object are there: their faults belong to another alternative.
    .filter((issues) =>
      issues.every(({ path }) => path.length > 1 || valueAt([...issue.path, ...path], input) !== undefined),
    );
  const issues = alternatives.sort((one, other) => one.length - other.length)[0] ?? [];
  const nearest = misspelt(issues, valueAt(issue.path, input)) ?? issues[0];
  return nearest ? mostSpecific({ ...nearest, path: [...issue.path, ...nearest.path] }, input) : issue;
}

/** The alternatives of a schema for what a path leads to; of a policy those of its kind. */
function nodesAt(root: Node, path: readonly PropertyKey[], input: unknown): Node[] {
  return path.reduce<Node[]>(
    (nodes, key, depth) =>
      fitting(nodes, valueAt(path.slice(0, depth), input)).flatMap(({ items, properties, additionalProperties }) => {
        const next = typeof key === 'number' ? items : (properties?.[String(key)] ?? additionalProperties);
        return typeof next === 'object' ? alternatives(next) : [];
      }),
    alternatives(root),
  );
}

function alternatives(node: Node): Node[] {
  const inner = node.anyOf ?? node.oneOf;
  return inner ? inner.flatMap(alternatives) : [node];
}

function fitting(nodes: readonly Node[], value: unknown): readonly Node[] {
  const kind = valueAt(['kind'], value);
  const ofKind = nodes.filter(({ properties }) => properties?.['kind']?.const === kind);
  return kind === undefined || ofKind.length === 0 ? nodes : ofKind;
}

function inWords({ type, const: constant, enum: values, properties, required = [] }: Node): string[] {
  if (constant !== undefined) return [show(constant)];
  if (values) return values.map(show);
  if (properties) return [`{ ${required.length > 0 ? required.join(', ') : '...'} }`];
  const words: Readonly<Record<string, string>> = { array: 'a list', string: 'a text', object: 'an object' };
  return [words[type ?? ''] ?? `a ${type}`];
}

function noneOf(value: unknown, values: readonly unknown[], known: readonly string[]): string {
  const near = typeof value === 'string' ? didYouMean(value, values.map(String)) : '';
  return `${shown(value)} is none of ${known.join(', ')}${near}`;
}

function missing(possible: readonly Node[]): string {
  return ['missing', ...(possible.length > 0 ? [`expected ${possible.flatMap(inWords).join(' or ')}`] : [])].join(', ');
}

const HIDDEN = Symbol('a text that may be a secret');

/** Hides a text that may be a secret in the wrong place. */
function hidden(value: unknown, [first]: readonly PropertyKey[]): unknown {
  return first === 'keys' && typeof value === 'string' && value.length > LONGEST_NAME ? HIDDEN : value;
}

/** Names of algorithms are shorter, secrets longer. */
const LONGEST_NAME = 12;

function show(value: unknown): string {
  return typeof value === 'bigint' ? `${value}n` : (JSON.stringify(value) ?? 'nothing');
}

/** A value in few words: it may hold a secret. */
function shown(value: unknown): string {
  if (Array.isArray(value)) return 'a list';
  if (value === HIDDEN) return 'a text';
  if (typeof value !== 'object' || value === null) return show(value);
  return `{ ${Object.keys(value).join(', ')} }`;
}

function lowerFirst(message: string): string {
  return message.charAt(0).toLowerCase() + message.slice(1);
}
