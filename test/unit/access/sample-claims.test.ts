import { expect, it } from 'vitest';
import {
  allRows,
  claimList,
  declare,
  membership,
  ownRows,
  tenant,
  type ClaimPath,
  type PolicyInput,
} from '../../../declaration/index.ts';
import { sampleClaims } from '../../../access/sample-claims.ts';
import { requestSubjects, sampleSubjects } from '../../../access/subjects.ts';
import projects from '../../../examples/projects/declaration.ts';
import todos from '../../../examples/todos/declaration.ts';

const declared = (requiredClaims: string[], policies: PolicyInput[]) =>
  declare({
    name: 'x',
    schemas: ['api'],
    roles: { users: ['x_user', { name: 'x_boss', inherits: ['x_user'] }] },
    tokens: { requiredClaims },
    tables: [{ name: 'things', grants: [{ to: 'x_user', select: true }], policies }],
  });
const own = { to: 'x_user', column: 'a' } as const;

it('gives a value to each claim that the policies of a role read, the first of its type', () => {
  const declaration = declared(
    ['exp'],
    [
      ownRows({ ...own, name: 'a', claim: 'user_id', type: 'bigint' }),
      tenant({ ...own, name: 'b', claim: ['app', 'tenant'], type: 'uuid' }),
      ownRows({ ...own, name: 'c', claim: ['app', 'name'], type: 'text' }),
      claimList({ ...own, name: 'd', claim: 'teams', type: 'int' }),
      ownRows({ ...own, name: 'e', claim: 'staff', type: 'boolean' }),
      membership({
        ...own,
        name: 'f',
        type: 'int',
        claim: 'member',
        memberType: 'uuid',
        through: { table: 'members', key: 'k', member: 'm' },
      }),
    ],
  );
  const claims = {
    user_id: 1,
    app: { tenant: '00000000-0000-0000-0000-000000000001', name: 'sample' },
    teams: [1],
    staff: true,
    member: '00000000-0000-0000-0000-000000000001',
  };
  expect(sampleClaims(declaration, 'x_user')).toEqual(claims);
  expect(sampleClaims(declaration, 'x_boss')).toEqual(claims);
  expect(sampleClaims(declaration, 'unknown')).toEqual({});
});

it('gives one to required claims, but for those that whoever signs adds', () => {
  const policies = [ownRows({ ...own, claim: ['user', 'id'], type: 'int' })];
  const declaration = declared(['exp', 'sub', 'jti', 'nbf', 'plan', 'user'], policies);
  expect(sampleClaims(declaration, 'x_user')).toEqual({ plan: 'sample', user: { id: 1 } });
});

it('gives one to the subject that a revocation goes by', () => {
  const claims = (subject: ClaimPath, policies: PolicyInput[] = []) => {
    const input = { name: 'x', schemas: ['api'], roles: { users: ['x_user'] }, tokens: { revocation: { subject } } };
    const grants = [{ to: 'x_user', select: true }] as const;
    return sampleClaims(
      declare({ ...input, tables: policies.map((policy) => ({ name: 't', grants, policies: [policy] })) }),
      'x_user',
    );
  };
  expect(claims('sub')).toEqual({});
  expect(claims('user_id')).toEqual({ user_id: 'sample' });
  expect(claims('user_id', [ownRows({ to: 'x_user', column: 'c', claim: 'user_id', type: 'int' })])).toEqual({
    user_id: 1,
  });
  expect(claims(['app', 'user'])).toEqual({ app: { user: 'sample' } });
});

it('has no token for the owner, as whom no request comes', () => {
  const policies = [ownRows({ ...own, claim: 'sub', type: 'text' }), allRows({ to: 'x_owner', for: 'select' })];
  const declaration = declared([], policies);
  expect(Object.keys(sampleSubjects(declaration))).toContain('x_owner');
  expect(Object.keys(requestSubjects(declaration))).not.toContain('x_owner');
});

it('finds somebody of every role', () => {
  expect(sampleSubjects(todos)).toEqual({
    todos_anon: undefined,
    todos_user: { role: 'todos_user', claims: { user_id: 1 } },
  });
  expect(Object.keys(sampleSubjects(projects))).toEqual([
    'projects_anon',
    'projects_member',
    'projects_manager',
    'projects_auditor',
  ]);
  const { x_user, ...others } = sampleSubjects(declared([], [ownRows({ ...own, claim: 'user_id', type: 'int' })]));
  expect(x_user).toEqual({ role: 'x_user', claims: { user_id: 1 } });
  expect(Object.keys(others)).toEqual(['x_boss']);
});

it('gives registered claims the form that they have in a token, and leaves out what the signer says', () => {
  const policies = ['sub', 'aud', 'iss', 'exp', 'iat', 'nbf', 'jti', 'role'].map((claim) =>
    ownRows({ ...own, name: claim, claim, type: 'int' }),
  );
  expect(sampleClaims(declared([], policies), 'x_user')).toEqual({ sub: '1', aud: '1', iss: '1' });
  const tokens = { ...declared([], policies).tokens, issuer: 'https://id.test', audience: 'x' };
  expect(sampleClaims({ ...declared([], policies), tokens }, 'x_user')).toEqual({ sub: '1' });
});
