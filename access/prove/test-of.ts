import { quoteIdentifier } from '../../postgres/quote.ts';
import { withClaims } from './properties/claim-sql.ts';
import type { Property } from './property.ts';
import type { Replayed } from './replay/replay.ts';
import type { Counterexample, RowValues } from './verdict.ts';

/** Modules that a written test imports, and what it has to know. */
export interface TestOptions {
  /** Module with the declaration as its default export: `../declaration.ts`. */
  readonly declaration: string;
  /** @default 'cdktf-secured-postgrest/testing/vitest' */
  readonly vitest?: string;
  /** Role of requests without a token. @default none */
  readonly anonymous?: string | undefined;
}

/** A test file of vitest. */
export interface WrittenTest {
  /** Name of the file, without a folder. */
  readonly file: string;
  readonly text: string;
}

type Confirmed = Extract<Replayed, { status: 'confirmed' }>;

/**
 * Writes a test that asks the declared API what a counterexample asked. It fails as long as the row is reached, and passes
 * when the declaration is mended.
 */
export async function testOf(
  property: Property,
  counterexample: Counterexample,
  replayed: Confirmed,
  { declaration, vitest = 'cdktf-secured-postgrest/testing/vitest', anonymous }: TestOptions,
): Promise<WrittenTest> {
  const { role, claims, request } = counterexample;
  const { command } = request;
  const title = `${property.words} (${role}, ${command})`;
  const seed = ['SET session_replication_role = replica', ...replayed.seed, 'SET session_replication_role = origin'];
  const subject = role === anonymous && Object.keys(claims).length === 0 ? '' : `${text(role)}, ${text(claims)}`;
  const body =
    command === 'select' ? readLines(counterexample, replayed) : await writeLines(property, counterexample, replayed);
  const lines = [
    `import { expect } from 'vitest';`,
    `import { apiTest } from ${text(vitest)};`,
    `import declaration from ${text(declaration)};`,
    '',
    '// The smallest rows with which the property does not hold.',
    'const sql = [',
    ...seed.map((statement) => `  ${text(statement)},`),
    `].join(';\\n');`,
    `const test = apiTest(declaration, { seed: [{ file: 'counterexample.sql', sql }] });`,
    '',
    `test(${text(title)}, async ({ api }) => {`,
    `  const client = await api.as(${subject});`,
    ...body.map((line) => `  ${line}`),
    '});',
    '',
  ];
  const name = [property.name, property.relation.name, command, role].join('-').toLowerCase();
  return { file: `${name.replaceAll(/[^a-z0-9]+/g, '-')}.test.ts`, text: lines.join('\n') };
}

function readLines({ request }: Counterexample, { evidence }: Confirmed): string[] {
  const reached = JSON.parse(evidence) as unknown;
  const columns = typeof reached === 'object' && reached !== null ? Object.keys(reached) : [];
  const path =
    request.way === 'function'
      ? `/rpc/${encodeURIComponent(request.name)}`
      : `/${encodeURIComponent(request.name)}?select=${columns.map(columnName).join(',')}`;
  return [
    `const response = await client.fetch(${text(path)}${request.way === 'function' ? `, ${post(request.arguments)}` : ''});`,
    'const answered: unknown[] = response.ok ? [await response.json()].flat() : [];',
    `expect(answered).not.toContainEqual(${text(reached)});`,
  ];
}

async function writeLines(
  { relation, only }: Property,
  { claims, request }: Counterexample,
  { filter, body }: Confirmed,
): Promise<string[]> {
  const table = `${quoteIdentifier(relation.schema)}.${quoteIdentifier(relation.name)}`;
  const limit = await withClaims(only, claims);
  const query = `SELECT xmin::text AS version, to_jsonb(r)::text AS row FROM ${table} AS r WHERE (${limit}) IS NOT TRUE ORDER BY row`;
  return [
    '// Rows that the request must not reach, each with its version.',
    `const outside = () => api.sql(${text(query)});`,
    'const before = await outside();',
    `await client.fetch(${requestOf(request, filter, body)});`,
    'expect(await outside()).toEqual(before);',
  ];
}

function requestOf(request: Counterexample['request'], filter: RowValues, body: RowValues): string {
  const name = encodeURIComponent(request.name);
  if (request.way === 'function') return `${text(`/rpc/${name}`)}, ${post(request.arguments)}`;
  if (request.command === 'insert') return `${text(`/${name}`)}, ${post(body)}`;
  const filters = Object.entries(filter).map(
    ([column, value]) => `${columnName(column)}=${value === null ? 'is.null' : `eq.${encodeURIComponent(value)}`}`,
  );
  const path = `/${name}${filters.length > 0 ? `?${filters.join('&')}` : ''}`;
  if (request.command === 'delete') return `${text(path)}, { method: 'DELETE' }`;
  return `${text(path)}, { method: 'PATCH', body: ${text(JSON.stringify(body))} }`;
}

function post(values: RowValues = {}): string {
  return `{ method: 'POST', body: ${text(JSON.stringify(values))} }`;
}

/** PostgREST takes names with other characters in quotes. */
function columnName(name: string): string {
  return encodeURIComponent(/^\w+$/.test(name) ? name : `"${name}"`);
}

function text(value: unknown): string {
  return JSON.stringify(value);
}
