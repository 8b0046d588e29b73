import { beforeAll, describe, expect, it } from 'vitest';
import type { DeclarationInput } from '../../../declaration/index.ts';
import { useCluster, type TestDatabase } from '../../support/database.ts';
import { notes } from '../../support/notes.ts';

const cluster = useCluster();
const secret = 'a value that no error may show';

describe.each<[string, DeclarationInput['tokens'], accepted: [unknown, boolean][]]>([
  [
    'without rules of its own',
    undefined,
    [
      [{ exp: 1 }, true],
      [{ exp: 1, aud: secret, iss: secret }, true],
      [{}, false],
      [{ exp: null }, false],
      [{ sub: secret }, false],
      [{ role: 'member', sub: secret }, false],
    ],
  ],
  [
    'with issuer and audience',
    { issuer: `it's "here"\\`, audience: 'api$$' },
    [
      [{ exp: 1, iss: `it's "here"\\`, aud: 'api$$' }, true],
      [{ exp: 1, iss: `it's "here"\\`, aud: ['other', 'api$$'] }, true],
      [{ exp: 1, iss: secret, aud: 'api$$' }, false],
      [{ exp: 1, aud: 'api$$' }, false],
      [{ exp: 1, iss: [`it's "here"\\`], aud: 'api$$' }, false],
      [{ exp: 1, iss: `it's "here"\\` }, false],
      [{ exp: 1, iss: `it's "here"\\`, aud: secret }, false],
      [{ exp: 1, iss: `it's "here"\\`, aud: [] }, false],
      [{ exp: 1, iss: `it's "here"\\`, aud: [['api$$']] }, false],
      [{ exp: 1, iss: `it's "here"\\`, aud: { api$$: true } }, false],
      [{ exp: 1, iss: `it's "here"\\`, aud: null }, false],
    ],
  ],
  [
    'with required claims',
    { requiredClaims: ['user_id', `a'b`] },
    [
      [{ user_id: 1, "a'b": false }, true],
      [{ user_id: 0, "a'b": '' }, true],
      [{ user_id: 1 }, false],
      [{ user_id: null, "a'b": 1 }, false],
    ],
  ],
  [
    'with none',
    { requiredClaims: [] },
    [
      [{}, true],
      [{ role: 'x' }, true],
    ],
  ],
])('the check before each request, %s', (_, tokens, cases) => {
  let database: TestDatabase;
  beforeAll(async () => {
    database = await cluster.database();
    await database.apply(notes(database.name, tokens ? { tokens } : {}));
  });
  const check = (role: string, claims: unknown) =>
    database.request(`${database.name}_${role}`, claims, `SELECT ${database.name}_private.pre_request()`);

  it.each(cases)('takes %j: %s', async (claims, accepted) => {
    if (accepted) {
      await check('user', claims);
      return;
    }
    const error = await check('user', claims).then(
      () => undefined,
      (error: Error & { code: string; detail: string }) => error,
    );
    expect(error).toMatchObject({ code: 'PT401', message: 'the token is not valid here' });
    expect(error!.detail).toMatch(/^(the claim "[^"]*" is missing|the token is (from|for) another (issuer|audience))$/);
    expect(JSON.stringify(error)).not.toContain(secret);
  });

  it('lets requests without a token pass as the anonymous role only', async () => {
    for (const claims of [undefined, '', {}, { role: `${database.name}_anon` }]) await check('anon', claims);
    const strict = tokens?.requiredClaims?.length !== 0;
    if (strict)
      for (const claims of [undefined, '', {}]) await expect(check('user', claims)).rejects.toThrow('not valid');
  });
});

it('sets what the role is set to, except what it may not set itself, and follows the declaration', async () => {
  const database = await cluster.database();
  const withSettings = (settings: Record<string, string>) =>
    notes(database.name, {
      roles: {
        anonymous: `${database.name}_anon`,
        users: [{ name: `${database.name}_user`, statementTimeoutMs: 1234, settings }, `${database.name}_other`],
      },
    });
  const settingsOf = async (role: string) => {
    const settings = ['statement_timeout', 'work_mem', 'log_min_duration_statement'];
    const shown = settings.map((name) => `current_setting('${name}') AS ${name}`).join(', ');
    // The check first: a target list is evaluated in order.
    const text = `SELECT ${database.name}_private.pre_request()::text, ${shown}`;
    return (await database.request(`${database.name}_${role}`, { exp: 1 }, text))[0];
  };
  await database.apply(withSettings({ log_min_duration_statement: '5000', work_mem: '8MB' }));
  const others = { work_mem: '4MB', log_min_duration_statement: '-1' };
  expect(await settingsOf('user')).toMatchObject({ ...others, statement_timeout: '1234ms', work_mem: '8MB' });
  expect(await settingsOf('other')).toMatchObject(others);

  await database.apply(withSettings({ work_mem: '16MB' }));
  expect(await settingsOf('user')).toMatchObject({ work_mem: '16MB' });
});
