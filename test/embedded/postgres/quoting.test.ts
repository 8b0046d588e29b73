import fc from 'fast-check';
import type pg from 'pg';
import { describe, expect, it } from 'vitest';
import { quoteIdentifier, quoteLiteral } from '../../../postgres/quote.ts';
import { render } from '../../../postgres/template.ts';
import { withClient } from '../../../postgres/with-client.ts';
import { useCluster } from '../../support/database.ts';
import { FUZZ_RUNS } from '../../support/fuzz.ts';
import { hostileText } from '../../support/hostile-text.ts';

const cluster = useCluster();

// Halves of surrogate pairs are no Unicode text: they become U+FFFD on their way to any server.
const text = hostileText.map((value) => Buffer.from(value).toString());
/** Names as Postgres can hold them: not empty, and at most 63 bytes. */
const name = text
  .map((value) => [...value].slice(0, 15).join(''))
  .filter((value) => value !== '' && Buffer.byteLength(value) <= 63);
const BATCH = 50;
/** Values that a real Postgres was given. */
let cases = 0;

/** Checks values in batches, since each batch is one way to the server and back. */
async function eachBatch<T>(value: fc.Arbitrary<T>, check: (client: pg.ClientBase, values: T[]) => Promise<void>) {
  await withClient(cluster.server().connection('postgres'), async (client) => {
    await fc.assert(
      fc.asyncProperty(fc.array(value, { minLength: BATCH, maxLength: BATCH, size: 'max' }), async (values) => {
        await check(client, values);
        cases += values.length;
      }),
      { numRuns: Math.ceil((FUZZ_RUNS * 5) / BATCH) },
    );
  });
}

const asRow = (expressions: string[]) => `SELECT ARRAY[${expressions.join(', ')}] AS read`;

describe('quoting', () => {
  it.each(['on', 'off'])('keeps every literal as it was, with standard_conforming_strings %s', async (conforming) => {
    await eachBatch(text, async (client, values) => {
      await client.query(`SET standard_conforming_strings = ${conforming}; SET escape_string_warning = off`);
      const { rows } = await client.query<{ read: string[] }>(
        asRow(values.map((value) => `${quoteLiteral(value)}::text`)),
      );
      expect(rows[0]!.read).toEqual(values);
    });
  });

  it.each(['on', 'off'])('keeps every name as it was, with standard_conforming_strings %s', async (conforming) => {
    await eachBatch(name, async (client, values) => {
      await client.query(`SET standard_conforming_strings = ${conforming}`);
      const { fields } = await client.query(
        `SELECT ${values.map((value) => `1 AS ${quoteIdentifier(value)}`).join(', ')}`,
      );
      expect(fields.map((field) => field.name)).toEqual(values);
    });
  });

  it('keeps JSON, its names and its values as they were', async () => {
    await eachBatch(fc.tuple(text, text), async (client, values) => {
      const { rows } = await client.query<{ read: string[] }>(
        asRow(
          values.map(
            ([key, value]) => `${quoteLiteral(JSON.stringify({ [key]: value }))}::jsonb ->> ${quoteLiteral(key)}`,
          ),
        ),
      );
      expect(rows[0]!.read).toEqual(values.map(([, value]) => value));
    });
  });

  it('keeps values as they were inside of a function body, which is quoted twice', async () => {
    await eachBatch(text, async (client, values) => {
      const body = render({ file: 'body', sql: `BEGIN RETURN ARRAY[:'values']::text[]; END` }, { values });
      const sql = `CREATE OR REPLACE FUNCTION pg_temp.f() RETURNS text[] LANGUAGE plpgsql AS :'body'`;
      await client.query(render({ file: 'function', sql }, { body }));
      const { rows } = await client.query<{ read: string[] }>('SELECT pg_temp.f() AS read');
      expect(rows[0]!.read).toEqual(values);
    });
  });

  it('fills placeholders in code, and nothing else', async () => {
    await eachBatch(fc.tuple(text, name), async (client, values) => {
      for (const [value, column] of values) {
        const sql = `SELECT :'value'::text AS :"column", $$:'value'$$ AS a, ':"column"' AS b, 1 AS ":'value'" -- :'value'
          /* :"column" */, 'x'::"text" AS c`;
        const { rows, fields } = await client.query<unknown[]>({
          text: render({ file: 'template', sql }, { value, column }),
          rowMode: 'array',
        });
        expect(fields.map((field) => field.name)).toEqual([column, 'a', 'b', `:'value'`, 'c']);
        expect(rows).toEqual([[value, `:'value'`, ':"column"', 1, 'x']]);
      }
    });
  });

  it('was tried with at least 10,000 values', () => {
    console.log(`${cases} hostile values, names and templates went through Postgres`);
    expect(cases).toBeGreaterThanOrEqual(10_000);
  });
});
