import { afterAll, beforeAll, expect, it } from 'vitest';
import {
  claimList,
  custom,
  declare,
  membership,
  ownRows,
  tenant,
  type PolicyInput,
} from '../../../declaration/index.ts';
import { startEphemeralPostgrest, type EphemeralPostgrest } from '../../../testing/index.ts';

const to = 'odd_user';
const through = { table: 'internal.members', key: 'row', member: 'who' };
const uuid = '00000000-0000-0000-0000-00000000000a';

/** A policy of a kind, and the claims that say "1", or what is 1 in the column's type: no other reaches row 1. */
interface Kind {
  readonly policy: PolicyInput;
  readonly reaching: readonly unknown[];
}

const wholeNumbers = [1, '1', ' 1 ', '+1', '01', '0x1'];
const lists = [[1], ['1'], [1, null]];

/** Each has a table of its own; all have the same rows: 1, and 2 of somebody else. */
const kinds: Readonly<Record<string, Kind>> = {
  own_int: { policy: ownRows({ to, column: 'i', claim: 'c', type: 'int' }), reaching: wholeNumbers },
  own_bigint: { policy: ownRows({ to, column: 'b', claim: 'c', type: 'bigint' }), reaching: wholeNumbers },
  own_numeric: {
    policy: ownRows({ to, column: 'n', claim: 'c', type: 'numeric' }),
    reaching: [...wholeNumbers, '1.0', '1e0'],
  },
  own_text: { policy: ownRows({ to, column: 't', claim: 'c', type: 'text' }), reaching: [1, '1'] },
  own_boolean: {
    policy: ownRows({ to, column: 'o', claim: 'c', type: 'boolean' }),
    reaching: [1, '1', ' 1 ', true, 'true', 'yes', 't'],
  },
  tenant_uuid: {
    policy: tenant({ to, column: 'u', claim: ['app', 'c'], type: 'uuid' }),
    reaching: [uuid, uuid.toUpperCase(), `{${uuid}}`],
  },
  list_int: { policy: claimList({ to, column: 'i', claim: 'c', type: 'int' }), reaching: lists },
  list_text: { policy: claimList({ to, column: 't', claim: 'c', type: 'text' }), reaching: lists },
  member_int: {
    policy: membership({ to, column: 'id', type: 'int', through, claim: 'c', memberType: 'int' }),
    reaching: wholeNumbers,
  },
  custom_int: {
    policy: custom({
      to,
      using: { file: 'c.sql', sql: `i = (SELECT :"private".try_cast(:"private".claim('c'), NULL::int))` },
    }),
    reaching: wholeNumbers,
  },
};

const declaration = declare({
  name: 'odd',
  schemas: ['api'],
  internalSchemas: ['internal'],
  roles: { users: [to] },
  migrations: [
    {
      file: '1.sql',
      sql: [
        `CREATE TABLE internal.members (row int, who int);
         CREATE INDEX ON internal.members (who);
         INSERT INTO internal.members VALUES (1, 1), (2, 2);`,
        ...Object.keys(kinds).map(
          (kind) => `CREATE TABLE ${kind} (id int PRIMARY KEY, i int, b bigint, n numeric, t text, o boolean, u uuid);
            INSERT INTO ${kind} VALUES
              (1, 1, 1, 1, '1', true, '${uuid}'),
              (2, 2, 2, 2, '2', false, '00000000-0000-0000-0000-00000000000b');`,
        ),
      ].join('\n'),
    },
  ],
  tables: [
    { name: 'internal.members' },
    ...Object.entries(kinds).map(([name, { policy }]) => ({
      name,
      grants: [{ to, select: true as const, delete: true as const }],
      policies: [policy],
    })),
  ],
});

const values: readonly unknown[] = [
  ...new Map(
    Object.values(kinds)
      .flatMap(({ reaching }) => reaching)
      .map((value) => [JSON.stringify(value), value]),
  ).values(),
  ...[undefined, null, '', ' ', 'abc', 'null', 'NaN', 'Infinity', '-0', 1.5, '1_0', '１', '1\u200b', '2147483648'],
  ...[2 ** 31, 2 ** 53, 1e21, 1e300, '1e400', '9'.repeat(5000), '*', '%', '_', '(1)', '{1,2}', '[1]'],
  ...['1; DROP TABLE own_int', "1' OR '1'='1", '1 OR true', '1)) OR ((true', '1::text', '$1', '\\', "'"],
  ...[[], [null], ['abc'], [[1]], [{ c: 1 }], ['1 OR true'], {}, { c: 1 }, { c: [1] }, { 0: 1 }],
];

let api: EphemeralPostgrest;
beforeAll(async () => {
  api = await startEphemeralPostgrest(declaration);
});
afterAll(() => api?.stop());

/** Rows, or the code of an error. */
async function answerTo(kind: string, claim: unknown, method = 'GET'): Promise<readonly number[] | string> {
  const token = await api.tokenFor(to, claim === undefined ? {} : { c: claim, app: { c: claim } });
  const response = await fetch(`${api.url}/${kind}?select=id&order=id`, {
    method,
    headers: { Authorization: `Bearer ${token}`, Prefer: 'return=representation' },
  });
  const answer = (await response.json()) as { id: number }[] | { code: string };
  if (!Array.isArray(answer)) return `${response.status} ${answer.code}`;
  return answer.map(({ id }) => id);
}

it.each(Object.entries(kinds))('%s: no claim reaches more than it says', async (kind, { reaching }) => {
  const said = reaching.map((value) => JSON.stringify(value));
  for (const value of values) {
    const answer = await answerTo(kind, value);
    const place = `${JSON.stringify(value)?.slice(0, 100)}: ${String(answer)}`;
    if (said.includes(JSON.stringify(value))) expect(answer, place).toEqual([1]);
    else expect(answer, place).toEqual([]);
  }
});

it('a claim that is missing or null reaches nothing, and is no error', async () => {
  for (const kind of Object.keys(kinds)) {
    expect(await answerTo(kind, undefined), kind).toEqual([]);
    expect(await answerTo(kind, null), kind).toEqual([]);
  }
});

it('a claim that is no list reaches nothing, and of a list counts what is of the type', async () => {
  expect(await answerTo('list_int', { 0: 1, 1: 2 })).toEqual([]);
  expect(await answerTo('list_int', ['1', 'abc', [2], 2 ** 31, null])).toEqual([1]);
  expect(await answerTo('list_text', ["1' OR '1'='1", '%', null])).toEqual([]);
});

it('a claim that cannot be cast deletes nothing', async () => {
  for (const kind of Object.keys(kinds)) {
    for (const value of ['abc', '1 OR true', [], {}, null]) await answerTo(kind, value, 'DELETE');
    expect(await api.sql(`SELECT id FROM api.${kind} ORDER BY id`), kind).toEqual([{ id: 1 }, { id: 2 }]);
  }
});
