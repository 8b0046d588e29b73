import { afterAll, beforeAll, expect, it } from 'vitest';
import { connect } from '../../../postgres/connect.ts';
import { tokenServiceNames } from '../../../declaration/token-service/token-service.ts';
import { startEphemeralPostgrest, type EphemeralPostgrest } from '../../../testing/index.ts';
import { Accounts } from '../../../token-service/accounts.ts';
import { Attempts } from '../../../token-service/attempts.ts';
import { Database } from '../../../token-service/database.ts';
import { createTokenStorage } from '../../../token-service/index.ts';
import { connectionOf } from '../../support/connection-of.ts';
import { notes } from '../../support/notes.ts';

const declaration = notes('counted');
const { schema } = tokenServiceNames(declaration);
let api: EphemeralPostgrest;

beforeAll(async () => {
  api = await startEphemeralPostgrest(declaration);
});
afterAll(() => api?.stop());

const NAMES = ['ian', 'IAN', 'İan', 'i\u0307an', 'ıan', 'straße', 'STRAẞE', 'k', '\u212a', 'é', 'É', 'e\u0301'];

// How Postgres folds letters depends on the database: all of Unicode, one letter by one, or ASCII only.
it.each([
  ['icu', `LOCALE_PROVIDER icu ICU_LOCALE 'und'`],
  ['turkish', `LOCALE_PROVIDER icu ICU_LOCALE 'tr'`],
  ['builtin', `LOCALE_PROVIDER builtin BUILTIN_LOCALE 'C.UTF-8'`],
  ['ascii', `LOCALE_PROVIDER libc`],
])(
  'attempts are counted for the names that the look-up takes for the same, where letters fold as in %s',
  async (kind, provider) => {
    const database = `counted_${kind}`;
    const admin = connectionOf(api.databaseUrl);
    const owner = await connect(admin);
    await owner.query(`CREATE DATABASE ${database} TEMPLATE template0 ENCODING UTF8 LOCALE 'C' ${provider}`);
    const connection = { ...admin, database };
    const inside = await connect(connection);
    const sessions = new Database(connection, 1);
    try {
      await createTokenStorage(connection, declaration, { password: 'x' });
      const accounts = new Accounts(sessions, declaration, undefined, () => undefined);
      const attempts = new Attempts(sessions, schema, { perAccount: 1, perAddress: 1_000, windowSeconds: 900 });
      for (const name of NAMES) {
        await inside.query(`INSERT INTO ${schema}.accounts (name, role) VALUES ($1, 'x')`, [name]);
        for (const other of NAMES) {
          await inside.query(`DELETE FROM ${schema}.attempts`);
          expect(await attempts.take(name, '192.0.2.1')).toBe(true);
          const same = (await accounts.byName(other)) !== undefined;
          expect([name, other, await attempts.take(other, '192.0.2.1')]).toEqual([name, other, !same]);
          await attempts.succeeded(other, '192.0.2.1');
          expect([name, other, await attempts.take(name, '192.0.2.1')]).toEqual([name, other, same]);
        }
        await inside.query(`DELETE FROM ${schema}.accounts`);
      }
    } finally {
      await sessions.end();
      await inside.end();
      await owner.query(`DROP DATABASE ${database} WITH (FORCE)`);
      await owner.end();
    }
  },
);
