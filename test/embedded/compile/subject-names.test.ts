import { importJWK, SignJWT, type JWK } from 'jose';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  custom,
  declare,
  membership,
  ownRows,
  type Declaration,
  type PolicyInput,
  type RevocationInput,
} from '../../../declaration/index.ts';
import { startEphemeralPostgrest, type EphemeralPostgrest } from '../../../testing/index.ts';
import { generateKey, publicKeySet, type PrivateKey } from '../../../tokens/index.ts';

const uuid = 'aaaaaaaa-0000-4000-8000-00000000000a';
const uuids = [
  uuid,
  uuid.toUpperCase(),
  `{${uuid}}`,
  uuid.replaceAll('-', ''),
  `{${uuid.toUpperCase().replaceAll('-', '')}}`,
];
const sevens = [7, '7', '07', '+7', '7 ', ' 7', '007', '0x7', '7.0', '7e0', '0.7e1', 7.0];
const to = 'named_user';

interface Kind {
  readonly type: string;
  readonly policies: readonly PolicyInput[];
  readonly revocation?: Partial<RevocationInput>;
  /** Of one subject; each reaches its row, or none. */
  readonly same: readonly unknown[];
  readonly others: readonly unknown[];
  /** As the row has it. */
  readonly stored: string;
}

const own = (type: 'text' | 'uuid' | 'int' | 'bigint' | 'numeric') =>
  ownRows({ to, column: 'who', claim: 'who', type });
const written = (sql: string) => custom({ to, using: { file: 'who.sql', sql } });
const through = { table: 'staff', key: 'who', member: 'who' };

const kinds: Readonly<Record<string, Kind>> = {
  uuid: { type: 'uuid', policies: [own('uuid')], same: uuids, others: [uuid.replace(/a$/, 'b'), 'a'], stored: uuid },
  int: { type: 'int', policies: [own('int')], same: sevens, others: [8, '70', '7x', ''], stored: '7' },
  bigint: { type: 'bigint', policies: [own('bigint')], same: sevens, others: [-7, '0'], stored: '7' },
  numeric: { type: 'numeric', policies: [own('numeric')], same: sevens, others: [7.1, '7.01'], stored: '7.00' },
  membership: {
    type: 'int',
    policies: [membership({ to, column: 'who', type: 'int', through, claim: 'who', memberType: 'int' })],
    same: sevens,
    others: [8],
    stored: '7',
  },
  'a text': {
    type: 'text',
    policies: [own('text')],
    same: ['7', 7],
    others: ['07', '7 ', '+7', '7.0', 'é', 'e\u0301'],
    stored: '7',
  },
  'a text in capitals': { type: 'text', policies: [own('text')], same: ['ANN'], others: ['ann', 'Ann'], stored: 'ANN' },
  'a custom condition': {
    type: 'uuid',
    policies: [written(`who = (SELECT :"private".try_cast(:"private".claim('who'), NULL::uuid))`)],
    same: uuids,
    others: [uuid.replace(/^a/, 'b')],
    stored: uuid,
  },
  'a template and a custom condition': {
    type: 'text',
    policies: [own('text'), written(`who::int = (SELECT :"private".try_cast(:"private".claim('who'), NULL::int))`)],
    same: sevens,
    others: ['8'],
    stored: '7',
  },
  'without regard to case, as said': {
    type: 'text',
    policies: [written(`lower(who) = lower((SELECT :"private".claim('who')))`)],
    revocation: { subjectTypes: ['citext'] },
    same: ['Ann', 'ann', 'ANN'],
    others: ['Anna'],
    stored: 'aNN',
  },
};

const declared = ({ type, policies, revocation }: Kind, key: PrivateKey): Declaration =>
  declare({
    name: 'named',
    schemas: ['api'],
    roles: { users: [to] },
    keys: { jwks: { keys: publicKeySet([key]).keys } },
    migrations: [
      {
        file: '1.sql',
        sql: `CREATE TABLE notes (who ${type}); CREATE TABLE staff (who ${type}, note text);`,
      },
    ],
    tables: [{ name: 'notes', grants: [{ to, select: true }], policies }, { name: 'staff' }],
    tokens: { revocation: { subject: 'who', revokeOnChange: [{ table: 'staff', column: 'who' }], ...revocation } },
  });

let key: PrivateKey;
beforeAll(async () => {
  key = await generateKey();
});

describe.each(Object.entries(kinds))('%s', (_, kind) => {
  let api: EphemeralPostgrest;
  let declaration: Declaration;
  beforeAll(async () => {
    declaration = declared(kind, key);
    api = await startEphemeralPostgrest(declaration);
    await api.sql('INSERT INTO api.notes VALUES ($1)', [kind.stored]);
  });
  afterAll(() => api?.stop());

  const sign = async (who: unknown, iat: number) =>
    new SignJWT({ role: to, who, jti: 'x', iat, exp: 4e9 })
      .setProtectedHeader({ alg: key.alg })
      .sign(await importJWK(key as JWK, key.alg));
  const statuses = (subjects: readonly unknown[], iat: number) =>
    Promise.all(
      subjects.map(async (who) => {
        const headers = { Authorization: `Bearer ${await sign(who, iat)}` };
        return `${JSON.stringify(who)} ${(await fetch(`${api.url}/notes`, { headers })).status}`;
      }),
    );
  const all = (subjects: readonly unknown[], status: number) =>
    subjects.map((who) => `${JSON.stringify(who)} ${status}`);
  /** What was issued until now is refused in each spelling, and nothing else is. */
  const expectRevoked = async () => {
    const iat = Math.floor(Date.now() / 1000) - 60;
    expect(await statuses(kind.same, iat)).toEqual(all(kind.same, 401));
    expect(await statuses(kind.others, iat)).toEqual(all(kind.others, 200));
    await api.sql('DELETE FROM named_private.tokens_valid_after');
    expect(await statuses(kind.same, iat)).toEqual(all(kind.same, 200));
  };

  it('is one subject in each spelling, however it is revoked', async () => {
    for (const spelling of kind.same) {
      await api.sql('SELECT named_private.revoke_subject($1)', [String(spelling)]);
      await expectRevoked();
    }
  });

  it('is revoked by a row', async () => {
    await api.sql('INSERT INTO api.staff VALUES ($1)', [kind.stored]);
    await api.sql(`UPDATE api.staff SET note = 'changed'`);
    await expectRevoked();
  });
});
