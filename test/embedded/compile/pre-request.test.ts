import { beforeAll, describe, expect, it } from 'vitest';
import type { DeclarationInput } from '../../../declaration/index.ts';
import { examineToken, generateKey, publicKeySet, type PrivateKey } from '../../../tokens/index.ts';
import { useCluster, type TestDatabase } from '../../support/database.ts';
import { notes } from '../../support/notes.ts';
import { headerOf, rawToken } from '../hostile/raw-token.ts';

const cluster = useCluster();
const secret = 'a value that no error may show';

describe.each<[string, DeclarationInput['tokens'], accepted: [unknown, boolean][]]>([
  [
    'without rules of its own',
    undefined,
    [
      [{ exp: 4e9 }, true],
      [{ exp: 4e9, aud: secret, iss: secret }, true],
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
      [{ exp: 4e9, iss: `it's "here"\\`, aud: 'api$$' }, true],
      [{ exp: 4e9, iss: `it's "here"\\`, aud: ['other', 'api$$'] }, true],
      [{ exp: 4e9, iss: secret, aud: 'api$$' }, false],
      [{ exp: 4e9, aud: 'api$$' }, false],
      [{ exp: 4e9, iss: [`it's "here"\\`], aud: 'api$$' }, false],
      [{ exp: 4e9, iss: `it's "here"\\` }, false],
      [{ exp: 4e9, iss: `it's "here"\\`, aud: secret }, false],
      [{ exp: 4e9, iss: `it's "here"\\`, aud: [] }, false],
      [{ exp: 4e9, iss: `it's "here"\\`, aud: [['api$$']] }, false],
      [{ exp: 4e9, iss: `it's "here"\\`, aud: { api$$: true } }, false],
      [{ exp: 4e9, iss: `it's "here"\\`, aud: null }, false],
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

/** Whatever PostgREST's version checks itself: claims as JSON text, with seconds from now as `+n`, and whether they are good. */
const times: readonly (readonly [claims: string, answer: string | true])[] = [
  ...['iat', 'nbf'].flatMap((claim) =>
    ['+25', '-1000000', '0', '-1', '-0', '1e3', '1000.0', '1000.000e0', '12345e-0', '10000e-2', '-1e300', 'null'].map(
      (time) => [`"${claim}": ${time}`, true] as const,
    ),
  ),
  ...['+100', '+99999999999', '99999999999999', '1e400', '9223372036854775808'].flatMap(
    (time) =>
      [
        [`"iat": ${time}`, 'the token was issued in the future'],
        [`"nbf": ${time}`, 'the token is not valid yet'],
      ] as const,
  ),
  ...['-25', '+1', '+99999999999', '1e400'].map((time) => [`"exp": ${time}`, true] as const),
  ...['-35', '-99999999', '0', '-1', '-1e400'].map((time) => [`"exp": ${time}`, 'the token has expired'] as const),
  ...['exp', 'nbf', 'iat'].flatMap((claim) =>
    [
      ...['1.5', '-0.5', '1e-3', '99999999999.5', '4000000000.00000000000000000001', '12345e-2', '1e-400'],
      ...['"1"', '""', '"Infinity"', 'true', 'false', '[]', '[1]', '{}'],
    ].map((time) => [`"${claim}": ${time}`, `the claim "${claim}" is no whole number`] as const),
  ),
];

describe('the times of a token', () => {
  let database: TestDatabase;
  let key: PrivateKey;
  beforeAll(async () => {
    database = await cluster.database();
    await database.apply(notes(database.name));
    key = await generateKey();
  });

  it.each(times)('{ %s }: %s, and without a server the same', async (text, answer) => {
    const now = Math.floor(Date.now() / 1000);
    const said = text.replace(/ [+]?(-?\d+)$/, (whole, seconds: string) =>
      whole.startsWith(' +') || seconds === '-25' || seconds === '-35' ? ` ${now + Number(seconds)}` : whole,
    );
    const claims = `{ "role": "${database.name}_user", ${text.startsWith('"exp"') ? '' : '"exp": 4e9, '}${said} }`;
    const refusal = await database
      .request(`${database.name}_user`, claims, `SELECT ${database.name}_private.pre_request()`)
      .then(
        () => true,
        (error: Error & { detail: string }) => error.detail,
      );
    expect(refusal).toBe(answer);
    const token = rawToken(key, headerOf(key), claims);
    const jwks = { keys: publicKeySet([key]).keys };
    // Later versions reject some of these before they ask the database.
    const { problems } = await examineToken(token, notes(database.name), jwks, { version: '12.0.2' });
    expect(problems.length === 0, JSON.stringify(problems)).toBe(answer === true);
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
    return (await database.request(`${database.name}_${role}`, { exp: 4e9 }, text))[0];
  };
  await database.apply(withSettings({ log_min_duration_statement: '5000', work_mem: '8MB' }));
  const others = { work_mem: '4MB', log_min_duration_statement: '-1' };
  expect(await settingsOf('user')).toMatchObject({ ...others, statement_timeout: '1234ms', work_mem: '8MB' });
  expect(await settingsOf('other')).toMatchObject(others);

  await database.apply(withSettings({ work_mem: '16MB' }));
  expect(await settingsOf('user')).toMatchObject({ work_mem: '16MB' });
});
