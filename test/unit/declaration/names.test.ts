import { expect, it } from 'vitest';
import { typeErrors } from '../../support/docs/type-check.ts';

const NAMES = `
import { allRows, claim, claimList, custom, declare, membership, membershipIn, ownRows, publicRows, sql, tenant, validBetween }
  from 'cdktf-secured-postgrest/declaration';

/** As \`gen types\` writes it. */
type Names = {
  roles: 'anon' | 'member' | 'lead';
  owner: 'notes_owner';
  tables: {
    notes: 'id' | 'author' | 'tenant_id' | 'published' | 'starts_at';
    'internal.staff': 'team' | 'person' | 'active' | 'rank';
  };
  views: { open_notes: 'id' | 'author' };
  functions: 'publish';
};
const parts = { name: 'notes', schemas: ['api'], internalSchemas: ['internal'], roles: { anonymous: 'anon', users: ['member', 'lead'] } };
const inTeam = membershipIn({
  table: 'internal.staff', key: 'team', type: 'int', member: 'person', claim: 'sub', memberType: 'text', where: { active: true },
});
`;

/** A declaration whose table \`notes\` has a policy, or other parts. */
const withPolicy = (policy: string) =>
  `declare<Names>({ ...parts, tables: [{ name: 'notes', grants: [{ to: ['anon', 'member'], select: true }], policies: [${policy}] }] });`;
const withTable = (rest: string) => `declare<Names>({ ...parts, tables: [{ name: 'notes', ${rest} }] });`;

const right = [
  withPolicy(`
    ownRows({ to: 'member', column: 'author', claim: 'sub', type: 'text' }),
    tenant({ to: ['member', 'lead'], column: 'tenant_id', claim: 'tenant_id', type: 'uuid', restrictive: true }),
    claimList({ to: 'lead', for: 'select', column: 'tenant_id', claim: ['app', 'tenants'], type: 'uuid' }),
    publicRows({ to: 'anon', for: 'select', where: { published: true } }),
    validBetween({ to: 'anon', from: 'starts_at', restrictive: true }),
    allRows({ to: 'lead' }),
    allRows({ to: 'notes_owner', for: 'select' }),
    ownRows({ to: ['member', 'notes_owner'], column: 'author', claim: 'sub', type: 'text' }),
    custom({ to: 'member', using: sql\`id > \${3}\` }),
    inTeam({ to: 'member', column: 'tenant_id' }),
    inTeam({ to: 'lead', column: 'tenant_id', where: { rank: ['first', 'second'] } }),
    membership({
      to: 'member', column: 'id', type: 'int', claim: 'sub', memberType: 'text',
      through: { table: 'internal.staff', key: 'team', member: 'person', where: { active: true } },
    }),
    { kind: 'own-rows', to: 'member', column: 'author', claim: 'sub', type: 'text' }`),
  withTable(
    `grants: [{ to: 'member', select: ['id', 'author'], insert: ['author'] }], defaults: { author: claim('sub') }`,
  ),
  `declare<Names>({ ...parts, views: [{ name: 'open_notes', grants: [{ to: 'anon', select: ['id'] }] }], functions: [{ name: 'publish', execute: 'lead' }] });`,
  // Policies that several tables share.
  `const own = ownRows({ to: 'member', column: 'author', claim: 'sub', type: 'text' });
   const published = publicRows({ to: 'anon', for: 'select', where: { published: true } });
   ${withPolicy('own, published')}`,
  // Without names, everything is as it was.
  `declare({ ...parts, tables: [{ name: 'nonotes', grants: [{ to: 'nobody', select: ['nothing'] }], policies: [ownRows({ to: 'nobody', column: 'nothing', claim: 'sub', type: 'text' })] }] });`,
];

const wrong: readonly (readonly [what: string, text: string, named: string])[] = [
  ['a table', `declare<Names>({ ...parts, tables: [{ name: 'note' }] });`, '"note"'],
  ['a view', `declare<Names>({ ...parts, views: [{ name: 'open_note' }] });`, '"open_note"'],
  ['a function', `declare<Names>({ ...parts, functions: [{ name: 'publsh', execute: 'lead' }] });`, '"publsh"'],
  ['the owner in a grant', withTable(`grants: [{ to: 'notes_owner', select: true }]`), '"notes_owner"'],
  ['the role of a grant', withTable(`grants: [{ to: 'membre', select: true }]`), '"membre"'],
  [
    'the role of a function',
    `declare<Names>({ ...parts, functions: [{ name: 'publish', execute: 'laed' }] });`,
    '"laed"',
  ],
  [
    'an inherited role',
    `declare<Names>({ ...parts, roles: { users: [{ name: 'lead', inherits: ['membre'] }] } });`,
    '"membre"',
  ],
  ['the column of a grant', withTable(`grants: [{ to: 'member', select: ['autor'] }]`), '"autor"'],
  ['the column of a default', withTable(`defaults: { autor: claim('sub') }`), "'autor'"],
  [
    'the column of ownRows',
    withPolicy(`ownRows({ to: 'member', column: 'autor', claim: 'sub', type: 'text' })`),
    '"autor"',
  ],
  [
    'the role of ownRows',
    withPolicy(`ownRows({ to: 'membre', column: 'author', claim: 'sub', type: 'text' })`),
    '"membre"',
  ],
  [
    'one of several roles',
    withPolicy(`ownRows({ to: ['member', 'laed'], column: 'author', claim: 'sub', type: 'text' })`),
    '"laed"',
  ],
  [
    'the column of tenant',
    withPolicy(`tenant({ to: 'member', column: 'tenant', claim: 'sub', type: 'text' })`),
    '"tenant"',
  ],
  [
    'the column of claimList',
    withPolicy(`claimList({ to: 'member', column: 'tenants', claim: 'sub', type: 'text' })`),
    '"tenants"',
  ],
  [
    'the column of publicRows',
    withPolicy(`publicRows({ to: 'anon', where: { published: true, publishd: true } })`),
    "'publishd'",
  ],
  ['the column of validBetween', withPolicy(`validBetween({ to: 'anon', until: 'ends_at' })`), '"ends_at"'],
  ['the role of allRows', withPolicy(`allRows({ to: 'laed' })`), '"laed"'],
  ['the role of custom', withPolicy('custom({ to: "laed", using: sql`true` })'), '"laed"'],
  [
    'the column of a shared policy',
    `const own = ownRows({ to: 'member', column: 'autor', claim: 'sub', type: 'text' });\n${withPolicy('own')}`,
    '"autor"',
  ],
  ...['table', 'key', 'member'].map(
    (part) =>
      [
        `the ${part} of a membership`,
        withPolicy(
          `membership({ to: 'member', column: 'id', type: 'int', claim: 'sub', memberType: 'text',
      through: { table: 'internal.staff', key: 'team', member: 'person', ${part}: 'wrong' } })`.replace(
            new RegExp(`${part}: '\\w[\\w.]+', ?(?=.*${part}: 'wrong')`),
            '',
          ),
        ),
        '"wrong"',
      ] as const,
  ),
  ['the column of a membership', withPolicy(`inTeam({ to: 'member', column: 'team' })`), '"team"'],
  [
    'the condition of a membership',
    withPolicy(`membership({ to: 'member', column: 'id', type: 'int', claim: 'sub', memberType: 'text',
      through: { table: 'internal.staff', key: 'team', member: 'person', where: { activ: true } } })`),
    'activ',
  ],
  [
    'a policy written as an object',
    withPolicy(`{ kind: 'own-rows', to: 'member', column: 'autor', claim: 'sub', type: 'text' }`),
    '"autor"',
  ],
];

it(
  'declare<Names> compiles what is right, and no misspelt table, column, role or function',
  { timeout: 120_000 },
  () => {
    const snippets = [
      ...right.map((text, index) => ({ place: `right ${index}`, text: NAMES + text })),
      ...wrong.map(([place, text]) => ({ place, text: NAMES + text })),
    ];
    const errors = typeErrors(snippets);
    expect(errors.filter((error) => error.startsWith('right'))).toEqual([]);
    for (const [place, , named] of wrong) {
      expect.soft(errors.find((error) => error.startsWith(`${place}: `)) ?? 'compiles', place).toContain(named);
    }
  },
);
