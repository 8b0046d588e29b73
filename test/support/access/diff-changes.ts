import {
  allRows,
  claim,
  custom,
  declare,
  membership,
  ownRows,
  publicRows,
  tenant,
  type Declaration,
  type DeclarationInput,
} from '../../../declaration/index.ts';
import { POSTGRES_ADVISORIES } from '../embedded-advisories.ts';

/** Tables, a view and functions in every state of the declaration: only access changes. */
const MIGRATION = {
  file: '001_desk.sql',
  sql: `
CREATE TABLE api.notes (
  id serial PRIMARY KEY, user_id int NOT NULL, tenant_id int, team_id int, public boolean NOT NULL DEFAULT false, body text);
CREATE INDEX ON api.notes (user_id);
CREATE INDEX ON api.notes (tenant_id);
CREATE INDEX ON api.notes (team_id);
CREATE TABLE api.members (team_id int, user_id int, PRIMARY KEY (team_id, user_id));
CREATE INDEX ON api.members (user_id);
CREATE TABLE api.tags (id serial PRIMARY KEY, label text);
CREATE VIEW api.titles WITH (security_invoker) AS SELECT id, body FROM api.notes;
CREATE FUNCTION api.greet() RETURNS text LANGUAGE sql STABLE RETURN 'hello'::text;
CREATE FUNCTION api.total() RETURNS bigint LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog
  BEGIN ATOMIC SELECT count(*) FROM api.tags; END;
`,
};

type Notes = NonNullable<DeclarationInput['tables']>[number];

/** A declaration with short role names, and its parts that cases change. */
export function desk(prefix: string, change: (parts: Parts) => void = () => {}): Declaration {
  const role = (name: string) => `${prefix}_${name}`;
  const parts: Parts = {
    role,
    roles: { anonymous: role('anon'), users: [{ name: role('user') }, { name: role('admin') }] },
    notes: {
      name: 'notes',
      grants: [
        {
          to: role('user'),
          select: ['id', 'user_id', 'body'],
          insert: ['user_id', 'body'],
          update: ['body'],
          delete: true,
        },
      ],
      policies: [ownRows({ to: role('user'), column: 'user_id', claim: 'user_id', type: 'int' })],
    },
    members: { name: 'members', grants: [], policies: [] },
    tags: {
      name: 'tags',
      grants: [{ to: role('anon'), select: true }],
      policies: [allRows({ to: role('anon'), for: 'select' })],
    },
    views: [{ name: 'titles', grants: [{ to: role('user'), select: true }] }],
    functions: [
      { name: 'greet', execute: role('user') },
      { name: 'total', execute: role('user'), securityDefiner: true },
    ],
    migrations: [MIGRATION],
  };
  change(parts);
  const { roles, notes, members, tags, views, functions, migrations } = parts;
  return declare({
    name: prefix,
    schemas: ['api'],
    roles,
    migrations,
    tables: [notes, members, tags],
    views,
    functions,
    acceptedAdvisories: POSTGRES_ADVISORIES,
  });
}

interface Parts {
  readonly role: (name: string) => string;
  roles: DeclarationInput['roles'];
  notes: Notes;
  members: Notes;
  tags: Notes;
  views: NonNullable<DeclarationInput['views']>;
  functions: NonNullable<DeclarationInput['functions']>;
  migrations: NonNullable<DeclarationInput['migrations']>;
}

/** A change of the declaration, and the changes of access that follow from it. */
export interface DiffCase {
  readonly title: string;
  readonly change: (parts: Parts) => void;
  /** Changes as the logic grades them. */
  readonly expected: readonly string[];
  /** Changes without the logic, if they are others. */
  readonly withoutLogic?: readonly string[];
}

const sql = (text: string) => ({ file: 'condition.sql', sql: text });

function withGrant(notes: Notes, grant: Partial<NonNullable<Notes['grants']>[number]>): Notes {
  const [first, ...rest] = notes.grants!;
  return { ...notes, grants: [{ ...first!, ...grant }, ...rest] };
}

function withPolicy(notes: Notes, ...policies: NonNullable<Notes['policies']>): Notes {
  return { ...notes, policies: [...notes.policies!, ...policies] };
}

export const DIFF_CASES: readonly DiffCase[] = [
  { title: 'nothing', change: () => {}, expected: [] },
  {
    title: 'a grant of a command is added',
    change: (parts) => {
      parts.tags = {
        ...parts.tags,
        grants: [...parts.tags.grants!, { to: parts.role('user'), select: true }],
        policies: [...parts.tags.policies!, allRows({ to: parts.role('user'), for: 'select' })],
      };
    },
    expected: ['wider user select api.tags'],
  },
  {
    title: 'a grant of a command is removed',
    change: (parts) => {
      parts.notes = withGrant(
        {
          ...parts.notes,
          policies: [
            ownRows({
              to: parts.role('user'),
              for: ['select', 'insert', 'update'],
              column: 'user_id',
              claim: 'user_id',
              type: 'int',
            }),
          ],
        },
        { delete: undefined as never },
      );
    },
    expected: ['narrower user delete api.notes'],
  },
  {
    title: 'a column is granted for select',
    change: (parts) => {
      parts.notes = withGrant(parts.notes, { select: ['id', 'user_id', 'body', 'public'] });
    },
    expected: ['wider user select api.notes'],
  },
  {
    title: 'every column is granted for select',
    change: (parts) => {
      parts.notes = withGrant(parts.notes, { select: true });
    },
    expected: ['wider user select api.notes'],
  },
  {
    title: 'a column is no longer granted for select',
    change: (parts) => {
      parts.views = [];
      parts.notes = withGrant(parts.notes, { select: ['id', 'body'] });
    },
    expected: ['narrower user select api.notes', 'narrower user select api.titles'],
  },
  {
    title: 'a column is granted and another one is not any more',
    change: (parts) => {
      parts.notes = withGrant(parts.notes, { insert: ['user_id', 'public'] });
    },
    expected: ['incomparable user insert api.notes'],
  },
  {
    title: 'a column is granted for update',
    change: (parts) => {
      parts.notes = withGrant(parts.notes, { update: ['body', 'user_id'] });
    },
    expected: ['wider user update api.notes'],
  },
  {
    title: 'a permissive policy is added',
    change: (parts) => {
      parts.notes = withPolicy(
        parts.notes,
        publicRows({ to: parts.role('user'), for: 'select', where: { public: true } }),
      );
    },
    expected: ['wider user select api.notes'],
    withoutLogic: ['not decided (not narrower) user select api.notes'],
  },
  {
    title: 'a restrictive policy is added',
    change: (parts) => {
      parts.notes = withPolicy(
        parts.notes,
        tenant({ to: parts.role('user'), restrictive: true, column: 'tenant_id', claim: 'tenant_id', type: 'int' }),
      );
    },
    expected: [
      'narrower user delete api.notes',
      'narrower user insert api.notes',
      'narrower user select api.notes',
      'narrower user update api.notes',
    ],
    withoutLogic: [
      'not decided (not wider) user delete api.notes',
      'not decided (not wider) user insert api.notes',
      'not decided (not wider) user select api.notes',
      'not decided (not wider) user update api.notes',
    ],
  },
  {
    title: 'a policy reads another claim',
    change: (parts) => {
      parts.notes = {
        ...parts.notes,
        policies: [ownRows({ to: parts.role('user'), column: 'user_id', claim: 'account_id', type: 'int' })],
      };
    },
    expected: [
      'incomparable user delete api.notes',
      'incomparable user insert api.notes',
      'incomparable user select api.notes',
      'incomparable user update api.notes',
    ],
    withoutLogic: [
      'not decided user delete api.notes',
      'not decided user insert api.notes',
      'not decided user select api.notes',
      'not decided user update api.notes',
    ],
  },
  {
    title: 'an alternative is added to a condition',
    change: (parts) => {
      parts.notes = {
        ...parts.notes,
        policies: [
          ownRows({
            to: parts.role('user'),
            for: ['insert', 'update', 'delete'],
            column: 'user_id',
            claim: 'user_id',
            type: 'int',
          }),
          custom({
            to: parts.role('user'),
            for: 'select',
            using: sql(`user_id = (SELECT :"private".try_cast(:"private".claim('user_id'), NULL::int)) OR public`),
          }),
        ],
      };
    },
    expected: ['wider user select api.notes'],
    withoutLogic: ['not decided user select api.notes'],
  },
  {
    title: 'a role inherits another one',
    change: (parts) => {
      parts.roles = {
        anonymous: parts.role('anon'),
        users: [{ name: parts.role('user') }, { name: parts.role('admin'), inherits: [parts.role('user')] }],
      };
    },
    expected: [
      'wider admin call api.greet()',
      'wider admin call api.total()',
      'wider admin delete api.notes',
      'wider admin insert api.notes',
      'wider admin select api.notes',
      'wider admin select api.titles',
      'wider admin update api.notes',
    ],
  },
  {
    title: 'a view is granted to another role',
    change: (parts) => {
      parts.views = [
        {
          name: 'titles',
          grants: [
            { to: parts.role('user'), select: true },
            { to: parts.role('admin'), select: true },
          ],
        },
      ];
      parts.notes = {
        ...parts.notes,
        grants: [...parts.notes.grants!, { to: parts.role('admin'), select: ['id', 'body'] }],
        policies: [
          ...parts.notes.policies!,
          ownRows({ to: parts.role('admin'), for: 'select', column: 'user_id', claim: 'user_id', type: 'int' }),
        ],
      };
    },
    expected: ['wider admin select api.notes', 'wider admin select api.titles'],
  },
  {
    title: 'a view is no longer granted',
    change: (parts) => {
      parts.views = [];
    },
    expected: ['narrower user select api.titles'],
  },
  {
    title: 'a function is granted to another role',
    change: (parts) => {
      parts.functions = [{ name: 'greet', execute: [parts.role('user'), parts.role('anon')] }, parts.functions[1]!];
    },
    expected: ['wider anon call api.greet()'],
  },
  {
    title: 'a function is no longer granted',
    change: (parts) => {
      parts.functions = [parts.functions[0]!, { name: 'total', securityDefiner: true }];
    },
    expected: ['narrower user call api.total()'],
  },
  {
    title: 'a role is added that reaches nothing',
    change: (parts) => {
      parts.roles = { ...parts.roles, users: [...parts.roles.users, parts.role('guest')] };
    },
    expected: [],
  },
  {
    title: 'a role is added with a timeout of its own',
    change: (parts) => {
      const guest = { name: parts.role('guest'), statementTimeoutMs: 1234 };
      parts.roles = { ...parts.roles, users: [...parts.roles.users, guest] };
    },
    expected: [],
  },
  {
    title: 'a role is added that reaches a table',
    change: (parts) => {
      parts.roles = { ...parts.roles, users: [...parts.roles.users, parts.role('guest')] };
      parts.tags = {
        ...parts.tags,
        grants: [...parts.tags.grants!, { to: parts.role('guest'), select: true }],
        policies: [...parts.tags.policies!, allRows({ to: parts.role('guest'), for: 'select' })],
      };
    },
    expected: ['wider guest select api.tags'],
  },
  {
    title: 'a policy of one command is written as a policy of each',
    change: (parts) => {
      const own = { to: parts.role('user'), column: 'user_id', claim: 'user_id', type: 'int' } as const;
      parts.notes = {
        ...parts.notes,
        policies: (['select', 'insert', 'update', 'delete'] as const).map((command) =>
          ownRows({ ...own, for: command }),
        ),
      };
    },
    expected: [],
  },
  {
    title: 'rows of a team are added by memberships',
    change: (parts) => {
      parts.notes = withPolicy(
        parts.notes,
        membership({
          to: parts.role('user'),
          for: 'select',
          column: 'team_id',
          through: { table: 'members', key: 'team_id', member: 'user_id' },
          claim: 'user_id',
          type: 'int',
          memberType: 'int',
        }),
      );
    },
    expected: ['wider user select api.notes'],
    withoutLogic: ['not decided user select api.notes'],
  },
  {
    title: 'a column gets a default from a claim',
    change: (parts) => {
      parts.notes = { ...parts.notes, defaults: { tenant_id: claim('tenant_id', 'int') } };
    },
    expected: [],
  },
  {
    title: 'a table is no longer granted',
    change: (parts) => {
      parts.tags = { ...parts.tags, grants: [], policies: [] };
    },
    expected: ['narrower anon select api.tags'],
  },
  {
    title: 'row security lets every row through',
    change: (parts) => {
      const [own] = parts.notes.policies!;
      parts.notes = { ...parts.notes, policies: [own!, allRows({ to: parts.role('user'), for: 'select' })] };
    },
    expected: ['wider user select api.notes'],
    withoutLogic: ['not decided (not narrower) user select api.notes'],
  },
  {
    title: 'a condition that always holds is added to another one',
    change: (parts) => {
      parts.notes = withPolicy(
        parts.notes,
        custom({ to: parts.role('user'), for: 'select', restrictive: true, using: sql('id = id OR id IS NULL') }),
      );
    },
    expected: [],
    withoutLogic: ['not decided (not wider) user select api.notes'],
  },
  {
    title: 'a condition calls a function of which nothing is known',
    change: (parts) => {
      parts.notes = withPolicy(
        parts.notes,
        custom({ to: parts.role('user'), for: 'select', using: sql(`md5(body) = 'a'`) }),
      );
    },
    expected: ['not decided (not narrower) user select api.notes'],
  },
];
