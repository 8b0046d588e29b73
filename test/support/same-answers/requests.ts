import type { Subjects } from '../../../access/subjects.ts';
import type { Catalog, Column, Relation, Routine } from './catalog.ts';
import { randomFrom, type Random } from '../../../access/check/random.ts';

/** A request that both APIs answer. */
export interface GeneratedRequest {
  /** Name of a subject. */
  readonly subject: string;
  readonly method: 'GET' | 'POST' | 'PATCH' | 'DELETE';
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: unknown;
  /** Objects whose access decides on the answer. */
  readonly objects: readonly string[];
}

type Draft = Omit<GeneratedRequest, 'subject' | 'headers'> & { readonly prefer?: string; readonly schema: string };

/** What a value in a filter looks like: of other types, PostgREST has no operator that all versions share. */
const FILTERED = /^(int[248]|numeric|text|varchar|bpchar|uuid|bool|date)$/;
const ORDERED = /^(int[248]|numeric|float[48]|text|varchar|bpchar|uuid|bool|date|timestamptz?)$/;
const REPRESENTATION = 'return=representation';

/** Requests of every subject to every relation and function; random reads bring them to the wanted number. The seed decides on all. */
export function generateRequests(
  { relations, routines }: Catalog,
  subjects: Subjects,
  { count, seed }: { readonly count: number; readonly seed: number },
): GeneratedRequest[] {
  const random = randomFrom(seed);
  const names = Object.keys(subjects);
  const drafts = [
    ...relations.flatMap((relation) => [
      ...readsOf(relation, random),
      ...embeddingsOf(relation),
      ...writesOf(relation, random),
    ]),
    ...routines.flatMap(callsOf),
  ];
  const requests = drafts.flatMap((draft) => names.map((subject) => requestOf(draft, subject)));
  const calls = routines.flatMap(callsOf);
  while (requests.length < count && relations.length + calls.length > 0) {
    const draft = relations.length > 0 ? randomRead(random.one(relations), random) : varied(random.one(calls), random);
    requests.push(requestOf(draft, random.one(names)));
  }
  return requests;
}

function requestOf({ schema, prefer, ...draft }: Draft, subject: string): GeneratedRequest {
  const profile = draft.method === 'GET' ? 'Accept-Profile' : 'Content-Profile';
  return { ...draft, subject, headers: { [profile]: schema, ...(prefer !== undefined && { Prefer: prefer }) } };
}

function readsOf(relation: Relation, random: Random): Draft[] {
  return [
    read(relation, []),
    read(relation, ['limit=2', 'offset=1']),
    { ...read(relation, ['limit=1']), prefer: 'count=exact' },
    randomRead(relation, random),
    randomRead(relation, random),
  ];
}

/** Some columns, with a filter whose value some row has. */
function randomRead(relation: Relation, random: Random): Draft {
  const columns = relation.columns.filter(() => random.below(2) === 0);
  const select = columns.length > 0 ? [`select=${columns.map(({ name }) => nameIn(name)).join(',')}`] : [];
  const filtered = relation.columns.filter(({ type }) => FILTERED.test(type));
  const row = relation.rows.length > 0 ? random.one(relation.rows) : undefined;
  if (!row || filtered.length === 0) return read(relation, select);
  const column = random.one(filtered);
  return read(relation, [...select, filterOf(column, row[column.name], random)]);
}

function filterOf({ name, type }: Column, value: unknown, random: Random): string {
  const key = encodeURIComponent(nameIn(name));
  if (value === null || value === undefined) return `${key}=is.null`;
  if (type === 'bool') return `${key}=is.${JSON.stringify(value)}`;
  const operator = random.one(['eq', 'neq', 'gte', 'lt', 'in', 'not.eq']);
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  return `${key}=${operator}.${encodeURIComponent(operator === 'in' ? `("${text.replace(/["\\]/g, '\\$&')}")` : text)}`;
}

function embeddingsOf(relation: Relation): Draft[] {
  return relation.embedded.map(({ constraint, other }) => ({
    ...read(relation, [`select=*,${nameIn(other)}!${nameIn(constraint)}(*)`]),
    objects: [nameOf(relation), `${relation.schema}.${other}`],
  }));
}

/** Rows that exist are added with another key, changed to what another row has, and removed. */
function writesOf(relation: Relation, random: Random): Draft[] {
  const [first, ...others] = relation.rows;
  const base = { objects: [nameOf(relation)], prefer: REPRESENTATION, schema: relation.schema };
  const written = relation.columns.filter(({ generated }) => !generated);
  if (!first || written.length === 0) {
    return [{ ...base, method: 'POST', path: pathOf(relation, []), body: {} }];
  }
  const other = others.length > 0 ? random.one(others) : first;
  const keys = relation.columns.filter(({ key, type }) => key && FILTERED.test(type));
  const identified = keys.length > 0 ? keys : relation.columns.filter(({ type }) => FILTERED.test(type)).slice(0, 1);
  const target = identified.map(
    (column) => `${encodeURIComponent(nameIn(column.name))}=eq.${encodeURIComponent(String(first[column.name]))}`,
  );
  const plain = written.filter(({ key }) => !key);
  const changed = plain.length > 0 ? random.one(plain) : written[0]!;
  return [
    { ...base, method: 'POST', path: pathOf(relation, []), body: newRow(written, first) },
    {
      ...base,
      method: 'POST',
      path: pathOf(relation, []),
      body: newRow(
        written.filter(({ key }) => key),
        other,
      ),
    },
    { ...base, method: 'PATCH', path: pathOf(relation, target), body: { [changed.name]: other[changed.name] } },
    { ...base, method: 'DELETE', path: pathOf(relation, target) },
  ];
}

function newRow(columns: readonly Column[], row: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(columns.map(({ name, type, key }) => [name, key ? newKey(type, row[name]) : row[name]]));
}

function newKey(type: string, value: unknown): unknown {
  if (/^int|^numeric/.test(type)) return 9001;
  if (type === 'uuid') return '00000000-0000-4000-8000-000000009001';
  return /^(text|varchar|bpchar)$/.test(type) ? 'Zz9' : value;
}

/** Simple values for arguments, and once without those that have a default. */
function callsOf(routine: Routine): Draft[] {
  const { schema, name, signature, arguments: all, readOnly } = routine;
  if (all.some((argument) => argument.name === '')) return [];
  const call = (given: Routine['arguments'], method: 'GET' | 'POST'): Draft => {
    const body = Object.fromEntries(given.map((argument) => [argument.name, sampleOf(argument.type)]));
    const query = new URLSearchParams(
      Object.entries(body).map(([key, value]): [string, string] => [key, String(value)]),
    ).toString();
    const path = `/rpc/${encodeURIComponent(name)}`;
    const common = { schema, objects: [signature] };
    return method === 'POST'
      ? { ...common, method, path, body }
      : { ...common, method, path: query === '' ? path : `${path}?${query}` };
  };
  const required = all.filter(({ optional }) => !optional);
  return [
    call(all, 'POST'),
    ...(required.length < all.length ? [call(required, 'POST')] : []),
    ...(readOnly ? [call(all, 'GET')] : []),
  ];
}

/** A call with other values of the same types. */
function varied(call: Draft, random: Random): Draft {
  if (typeof call.body !== 'object' || call.body === null) return call;
  const body = Object.entries(call.body).map(([name, value]) => [name, otherValue(value, random)]);
  return { ...call, body: Object.fromEntries(body) as unknown };
}

function otherValue(value: unknown, random: Random): unknown {
  if (typeof value === 'number') return random.below(4);
  if (typeof value === 'boolean') return random.below(2) === 0;
  if (typeof value === 'string' && value.startsWith('00000000-')) return `${value.slice(0, -1)}${random.below(5)}`;
  return random.below(4) === 0 ? null : value;
}

function sampleOf(type: string): unknown {
  if (/^(int|numeric|float)/.test(type)) return 1;
  if (type === 'uuid') return '00000000-0000-0000-0000-000000000001';
  if (type === 'bool') return true;
  if (/^(date|timestamp)/.test(type)) return '2001-01-01';
  if (/^jsonb?$/.test(type)) return '{}';
  return type.startsWith('_') ? '{}' : 'sample';
}

/** A read in an order of its own. */
function read(relation: Relation, parameters: readonly string[]): Draft {
  const ordered = relation.columns.filter(({ type }) => ORDERED.test(type));
  const order = ordered.map(({ name }) => nameIn(name)).join(',');
  const all = order === '' ? parameters : [...parameters, `order=${order}`];
  return { method: 'GET', path: pathOf(relation, all), objects: [nameOf(relation)], schema: relation.schema };
}

function pathOf({ name }: Relation, parameters: readonly string[]): string {
  const path = `/${encodeURIComponent(name)}`;
  return parameters.length === 0 ? path : `${path}?${parameters.map(encodeParameter).join('&')}`;
}

function encodeParameter(parameter: string): string {
  const at = parameter.indexOf('=');
  const value = parameter.slice(at + 1);
  return `${parameter.slice(0, at)}=${/%[0-9A-F]{2}/.test(value) ? value : encodeURIComponent(value)}`;
}

/** PostgREST reads a name with reserved characters in quotes. */
function nameIn(name: string): string {
  return /^[\w$]+$/.test(name) ? name : `"${name.replace(/["\\]/g, '\\$&')}"`;
}

function nameOf({ schema, name }: Relation): string {
  return `${schema}.${name}`;
}
