import type { IConstruct } from 'constructs';
import { describe, expect, it } from 'vitest';
import { PostgresDatabase, type PostgresDatabaseProps, SecuredPostgrest } from '../../../../constructs/index.ts';
import type { DeclarationInput } from '../../../../declaration/types.ts';
import { refusal } from '../../../support/errors.ts';
import { testDeclaration, testStack } from '../../../support/synth.ts';

/** The warnings that a synthesis prints. */
const warnings = (root: IConstruct): string[] =>
  root.node
    .findAll()
    .flatMap(({ node }) => node.metadata)
    .filter(({ type }) => type === '@cdktf/warn')
    .map(({ data }) => data as string);

function database(props: Partial<PostgresDatabaseProps>): IConstruct {
  const { stack, secrets } = testStack();
  new PostgresDatabase(stack, 'database', { name: 'todos', secrets, ...props });
  return stack;
}

function api(input: Partial<DeclarationInput>, props: { image?: string; version?: string } = {}): IConstruct {
  const { stack, secrets } = testStack();
  new SecuredPostgrest(stack, 'api', {
    declaration: testDeclaration(input),
    database: new PostgresDatabase(stack, 'database', { name: 'todos', secrets }),
    secrets,
    ...props,
  });
  return stack;
}

describe('the synthesis of a database', () => {
  it.each([
    [{}],
    [{ image: 'postgres:18' }],
    [{ image: 'secured-postgrest-test/postgres:15' }],
    [
      {
        image: 'registry.example.org/postgres@sha256:63a8d4acfdeb107b6568f4582759c78072100ef07951a7fbe58c9a51241138a7',
        version: '17',
      },
    ],
  ])('does not warn about %j', (props) => {
    expect(warnings(database(props))).toEqual([]);
  });

  it.each([
    [{ image: 'postgres:18.6' }],
    [{ image: 'postgres:18.6-alpine', version: '18' }],
    [{ image: 'postgres:18', version: '18.6' }],
    [
      {
        image: 'registry.example.org/postgres@sha256:63a8d4acfdeb107b6568f4582759c78072100ef07951a7fbe58c9a51241138a7',
        version: '18.6',
      },
    ],
  ])('warns about %j with the number and the fix', (props) => {
    const [warning, ...more] = warnings(database(props));
    expect(warning).toMatch(
      /^PostgreSQL 18\.6 is affected by CVE-2026-6460 \(.*\), CVE-2026-120141 \(.*\); use 18\.\d+ or later$/,
    );
    expect(more).toEqual([]);
  });

  it('does not warn about accepted advisories', () => {
    const acceptedAdvisories = ['CVE-2026-6460', 'CVE-2026-120141'];
    expect(warnings(database({ image: 'postgres:18.6', acceptedAdvisories }))).toEqual([]);
  });

  it.each([
    [{ image: 'postgres:14.25' }, 'unsupported_version', /PostgreSQL 14\.25 is too old; use 15 or later/],
    [{ acceptedAdvisories: ['CVE-1'] }, 'invalid_prop', /database\.acceptedAdvisories\[0\]: "CVE-1" is no advisory/],
  ])('rejects %j', (props, code, message) => {
    const error = refusal(() => database(props));
    expect(error.code).toBe(code);
    expect(error.message).toMatch(message);
  });
});

describe('the synthesis of servers', () => {
  it('does not warn about the default version', () => {
    expect(warnings(api({ server: {} }))).toEqual([]);
  });

  it.each([
    ['the declared version', { server: { version: '16.2' } }, {}],
    ['the version of the image', { server: {} }, { image: 'postgrest/postgrest:v16.2' }],
    [
      'the version that is given',
      { server: {} },
      {
        image: 'example.org/postgrest@sha256:63a8d4acfdeb107b6568f4582759c78072100ef07951a7fbe58c9a51241138a7',
        version: 'v16.2',
      },
    ],
  ])('warns about %s', (_, input, props) => {
    expect(warnings(api(input, props))).toEqual([
      expect.stringMatching(/^PostgREST v?16\.2 is affected by PostgREST#5196 \(.*\); use 16\.\d+ or later$/),
    ]);
  });

  it('does not warn about accepted advisories', () => {
    expect(warnings(api({ server: { version: '16.2' }, acceptedAdvisories: ['PostgREST#5196'] }))).toEqual([]);
  });

  it('takes PostgREST 12.0.2, and warns that it gets no fixes', () => {
    expect(warnings(api({ server: { version: '12.0.2' } }))).toEqual([
      expect.stringMatching(/^PostgREST 12\.0\.2 gets no fixes any more since 2025-05-01; use PostgREST \d/),
    ]);
  });

  it('rejects an image that anyone can attack', () => {
    const error = refusal(() => api({ server: {} }, { image: 'postgrest/postgrest:v12.2.3' }));
    expect(error.code).toBe('vulnerable_version');
    expect(error.message).toMatch(/PostgREST 12\.2\.3: .*\(PostgREST#3956\); use 12\.2\.12 or later/);
  });
});
