import { describe, expect, test } from 'vitest';
import { findScope } from '../../../audit/anywhere/find-scope.ts';
import type { SurveyedSetting } from '../../../audit/anywhere/survey.ts';
import { surveyOf, type SurveyParts } from '../../support/audit/survey-of.ts';

const setting = (
  name: string,
  value: string,
  role: string | null = 'authenticator',
  here = false,
): SurveyedSetting => ({
  role,
  here,
  name,
  value,
});

/** A database with two roles of requests, of which the anonymous one has an unusual name. */
const plain: SurveyParts = {
  roles: {
    authenticator: { login: true, inherit: false },
    visitor: {},
    anon: {},
    member: {},
    owner: {},
    root: { superuser: true },
  },
  memberships: ['authenticator in visitor', 'authenticator in member', 'authenticator in anon'],
  schemas: { api: ['visitor'], v2: ['member'], public: [], private: [] },
  relations: [{ schema: 'api', grants: [{ grantee: 'visitor', privilege: 'SELECT', grantable: false }] }],
};

describe('the anonymous role', () => {
  const configured = surveyOf({ ...plain, settings: [setting('pgrst.db_anon_role', 'visitor')] });

  test('is an option before all else', () => {
    expect(findScope(configured, { anonymous: 'member' }, { PGRST_DB_ANON_ROLE: 'anon' }).anonymous).toBe('member');
  });

  test("is PostgREST's variable before its settings in the database", () => {
    expect(findScope(configured, {}, { PGRST_DB_ANON_ROLE: 'member' }).anonymous).toBe('member');
  });

  test('is a setting in the database before its usual name', () => {
    expect(findScope(configured).anonymous).toBe('visitor');
    expect(findScope(configured).foundBy).toContain("the anonymous role by PostgREST's settings in the database");
  });

  test('is found by its usual name', () => {
    expect(findScope(surveyOf(plain)).anonymous).toBe('anon');
  });

  test('is not one that does not exist', () => {
    expect(findScope(surveyOf(plain), {}, { PGRST_DB_ANON_ROLE: 'ghost' }).anonymous).toBe('anon');
  });

  test('is undefined where requests without a token are rejected', () => {
    const survey = surveyOf({
      ...plain,
      roles: { authenticator: { login: true, inherit: false }, member: {} },
      memberships: ['authenticator in member'],
    });
    expect(findScope(survey, { schemas: ['api'] }).anonymous).toBeUndefined();
  });
});

describe('the authenticator', () => {
  const twoLogins: SurveyParts = {
    ...plain,
    roles: { ...plain.roles, api_login: { login: true } },
    memberships: [...plain.memberships!, 'api_login in member'],
  };

  test('is an option before all else', () => {
    expect(findScope(surveyOf(twoLogins), { authenticator: 'api_login', schemas: ['api'] }).roles).toEqual([
      'anon',
      'member',
    ]);
  });

  test("is the login with PostgREST's settings before that with the usual name", () => {
    const settings = [setting('pgrst.db_schemas', 'api', 'api_login')];
    expect(findScope(surveyOf({ ...twoLogins, settings })).authenticator).toBe('api_login');
  });

  test('is the login with the usual name', () => {
    expect(findScope(surveyOf(twoLogins)).authenticator).toBe('authenticator');
  });

  test('is the only login that switches roles and inherits nothing', () => {
    const survey = surveyOf({
      ...plain,
      roles: { rest: { login: true, inherit: false }, other: { login: true }, anon: {} },
      memberships: ['rest in anon', 'other in anon'],
    });
    expect(findScope(survey, { schemas: ['api'] }).authenticator).toBe('rest');
  });

  test('is not guessed among several', () => {
    const survey = surveyOf({
      ...plain,
      roles: { rest: { login: true, inherit: false }, other: { login: true, inherit: false }, anon: {} },
      memberships: ['rest in anon', 'other in anon'],
    });
    expect(findScope(survey, { schemas: ['api'] }).authenticator).toBeUndefined();
  });
});

describe('roles of requests', () => {
  test('are those that the authenticator may become, by way of others too', () => {
    const survey = surveyOf({ ...plain, memberships: ['authenticator in member', 'member in owner', 'owner in root'] });
    expect(findScope(survey, { schemas: ['api'] }).roles).toEqual(['anon', 'member', 'owner']);
  });

  test('are an option, with the anonymous role', () => {
    const { roles, foundBy } = findScope(surveyOf(plain), { roles: ['member'], schemas: ['api'] });
    expect(roles).toEqual(['anon', 'member']);
    expect(foundBy).toContain('the roles by an option');
  });

  test('are those of grants where no authenticator is known', () => {
    const survey = surveyOf({ ...plain, roles: { visitor: {}, owner: {}, backend: { login: true } }, memberships: [] });
    expect(findScope(survey).roles).toEqual(['visitor']);
    expect(findScope(survey).foundBy).toContain('the roles by grants and policies');
  });
});

describe('exposed schemas', () => {
  const configured: SurveyParts = { ...plain, settings: [setting('pgrst.db_schemas', 'api, v2')] };

  test('are an option before all else', () => {
    expect(findScope(surveyOf(configured), { schemas: ['private'] }, { PGRST_DB_SCHEMAS: 'v2' }).schemas).toEqual([
      'private',
    ]);
  });

  test("are PostgREST's variable before its settings in the database", () => {
    expect(findScope(surveyOf(configured), {}, { PGRST_DB_SCHEMAS: '"v2" , ghost' }).schemas).toEqual(['v2']);
  });

  test('are a setting in the database, the last of which counts', () => {
    const settings = [...configured.settings!, setting('pgrst.db_schemas', 'v2', 'authenticator', true)];
    expect(findScope(surveyOf(configured)).schemas).toEqual(['api', 'v2']);
    expect(findScope(surveyOf({ ...configured, settings })).schemas).toEqual(['v2']);
  });

  test('are not those of another login', () => {
    const settings = [setting('pgrst.db_schemas', 'v2', 'owner')];
    expect(
      findScope(surveyOf({ ...plain, settings }), { authenticator: 'authenticator', anonymous: 'visitor' }).schemas,
    ).toEqual(['api']);
  });

  test('are those that roles may use and that hold something, where nothing is configured', () => {
    const scope = findScope(surveyOf(plain), { anonymous: 'visitor' });
    expect(scope.schemas).toEqual(['api']);
    expect(scope.foundBy).toContain('the schemas by what the roles may use');
  });

  test('have further schemas of types and functions beside them', () => {
    expect(findScope(surveyOf(configured)).extraSchemas).toEqual(['public']);
    expect(findScope(surveyOf(configured), {}, { PGRST_DB_EXTRA_SEARCH_PATH: 'private, ghost' }).extraSchemas).toEqual([
      'private',
    ]);
  });
});

describe('Supabase', () => {
  const supabase = surveyOf({
    roles: {
      authenticator: { login: true, inherit: false },
      anon: {},
      authenticated: {},
      service_role: { bypass_rls: true },
    },
    memberships: ['authenticator in anon', 'authenticator in authenticated', 'authenticator in service_role'],
    schemas: { auth: [], public: ['anon'] },
  });

  test('has its own roles and schema, and a service role that is none of requests', () => {
    expect(findScope(supabase)).toMatchObject({
      platform: 'supabase',
      anonymous: 'anon',
      roles: ['anon', 'authenticated'],
      services: ['service_role'],
      schemas: ['public'],
    });
  });

  test('is not any database with such a role', () => {
    const survey = surveyOf({
      roles: { authenticator: { login: true, inherit: false }, anon: {}, service_role: {} },
      memberships: ['authenticator in anon', 'authenticator in service_role'],
      schemas: { api: ['anon'] },
    });
    expect(findScope(survey, { schemas: ['api'] })).toMatchObject({
      platform: 'postgrest',
      roles: ['anon', 'service_role'],
      services: [],
    });
  });
});

describe('a scope is rejected', () => {
  test.each([
    [{ roles: ['ghost'] }, 'unknown_role', 'role "ghost"'],
    [{ anonymous: 'ghost' }, 'unknown_role', 'role "ghost"'],
    [{ authenticator: 'ghost' }, 'unknown_role', 'role "ghost"'],
    [{ schemas: ['api', 'ghost'] }, 'unknown_schema', 'schema "ghost"'],
  ])('where an option names what does not exist: %j', (options, code, place) => {
    expect(() => findScope(surveyOf(plain), options)).toThrowError(
      expect.objectContaining({ code, message: expect.stringContaining(place) as string }),
    );
  });

  test('where no role is found', () => {
    expect(() => findScope(surveyOf({ schemas: { api: [] } }))).toThrowError(
      expect.objectContaining({ code: 'scope_not_found', message: expect.stringContaining('--roles') as string }),
    );
  });

  test('where no schema is found', () => {
    expect(() => findScope(surveyOf({ roles: { anon: {} } }))).toThrowError(
      expect.objectContaining({ code: 'scope_not_found', message: expect.stringContaining('--schemas') as string }),
    );
  });
});
