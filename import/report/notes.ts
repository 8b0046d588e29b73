/** How a note is read: taken over as it was, different on purpose, or open until the user decides. */
export type NoteKind = 'taken' | 'different' | 'decision';

interface Reason {
  readonly kind: NoteKind;
  /** Heading of the report. */
  readonly title: string;
  /** Why it is so, or what to do. */
  readonly why: string;
}

/** Everything that an import has to tell, one entry a kind. */
export const REASONS = {
  no_access: {
    kind: 'decision',
    title: 'No role may do anything',
    why: 'The schema has no grants for roles of an API. Every table is declared and closed: add grants and policies.',
  },
  schemas_guessed: {
    kind: 'decision',
    title: 'Exposed schemas are a guess',
    why: 'Nothing says which schemas PostgREST serves. Check `schemas`, or import again with `--schemas`.',
  },
  undeclared_schema: {
    kind: 'decision',
    title: 'Schemas whose names a declaration cannot have',
    why: 'The migrations make them, and no role of requests may use them. Rename them, if requests need what is in them.',
  },
  anonymous_guessed: {
    kind: 'decision',
    title: 'The anonymous role is a guess',
    why: 'Nothing says which role requests without a token have. Check `roles.anonymous`, or import again with `--anonymous`.',
  },
  custom_policy: {
    kind: 'taken',
    title: 'Policies with their own condition',
    why: 'No template gives the same rows, so the condition itself is in `policies/`.',
  },
  row_security_off: {
    kind: 'decision',
    title: 'Tables without row security',
    why: 'Every row was open to the roles with a grant, and still is: they have `allRows`. Restrict the policies where that was not meant.',
  },
  unbound_role: {
    kind: 'different',
    title: 'Roles that no policy bound',
    why: 'A superuser, a role with BYPASSRLS or an owner passes policies. Roles of an API have no such rights here: `allRows` gives the same rows.',
  },
  all_rows_role: {
    kind: 'different',
    title: 'Roles that reach every row',
    why: 'They reach every row of each table, so `allRows` stands at the role. It also opens tables that you declare later.',
  },
  grant_without_rows: {
    kind: 'different',
    title: 'Grants that reached no row',
    why: 'No policy let the role reach a row, so the grant is left out. Such a request is now refused (401 or 403) instead of answered with no rows.',
  },
  schema_without_usage: {
    kind: 'different',
    title: 'Grants in schemas that the role may not use',
    why: 'A role needs USAGE of the schema as well. Such a grant allowed nothing, and is left out.',
  },
  policy_without_grant: {
    kind: 'different',
    title: 'Policies of roles without a grant',
    why: 'They allowed nothing, and are left out.',
  },
  rejected_condition: {
    kind: 'decision',
    title: 'Policies that could not be taken over',
    why: 'A deploy rejects the condition, and what it allowed is closed. Write it with a template such as `claimList`, or with `claim()` and `try_cast()`: docs/policies.md.',
  },
  view_rights: {
    kind: 'different',
    title: "Views that ran with their owner's rights",
    why: 'Views run with the rights of the one who asks. The roles got grants and policies on the tables below, in schemas that are not exposed. Where that is wider than before, their functions and other views reach it too.',
  },
  view_over_exposed: {
    kind: 'decision',
    title: "Views with their owner's rights over exposed tables",
    why: 'The view showed rows that its tables do not. Now the policies of the tables decide. Move the tables into an internal schema, or widen their policies.',
  },
  view_without_table: {
    kind: 'different',
    title: 'Grants on views whose tables the role may not use',
    why: 'Views run with the rights of the one who asks. The role has no grant on a table below, no policy serves it there, or nobody may read it. The grant is left out: such a request is refused (401 or 403).',
  },
  read_only_view: {
    kind: 'different',
    title: 'Views that cannot be written',
    why: 'Postgres rejected each such command, and the grant is left out. Such a request is now refused (401 or 403).',
  },
  rewrite_rule: {
    kind: 'decision',
    title: 'Rules of tables and views',
    why: "They run with the rights of the table's owner, which a deploy rejects, and are left out. Write a trigger in their place.",
  },
  unprotected_relation: {
    kind: 'decision',
    title: 'Materialized views and foreign tables',
    why: 'No policy can protect them, so nobody may read them. Put a view or a function before them.',
  },
  old_claims: {
    kind: 'different',
    title: 'Claims, headers and cookies in settings of their own',
    why: 'PostgREST 12 and later have no `request.jwt.claim.sub`. Migrations and policies read the JSON of `request.jwt.claims` instead.',
  },
  search_path: {
    kind: 'different',
    title: 'Definer functions got a search path',
    why: "Without one of its own, such a function looks up names in the caller's search path. `migrations/` sets it.",
  },
  crossing_setting: {
    kind: 'different',
    title: 'Settings of functions that change whose rights count',
    why: 'They are reset: the function runs with the rights and claims of its caller.',
  },
  wider_grant: {
    kind: 'different',
    title: 'Grants that are wider than before',
    why: 'A deploy grants what the body of a function, a default or a policy runs, and USAGE on each declared schema. Requests name none of these functions.',
  },
  superuser_setting: {
    kind: 'different',
    title: 'Settings of functions that only a superuser may make',
    why: 'Migrations run as no superuser, so they are left out. Functions run with the settings of the session.',
  },
  definer_function: {
    kind: 'taken',
    title: 'Functions that run as their owner',
    why: 'Policies bind the owner here. Policies for the owner stand for the rights that these functions had on the tables that they name.',
  },
  owner_rows: {
    kind: 'different',
    title: 'Tables that the owner reaches',
    why: 'A policy for the owner names each command of functions and triggers that run with its rights. Narrow the policies where all rows are too much.',
  },
  bound_definer: {
    kind: 'decision',
    title: 'Definer functions whose owner policies bound',
    why: 'Definer functions have one owner here. Without a policy for it, such a function reaches no row of these tables; with `allRows`, every row. Declare policies for the owner that fit.',
  },
  untrusted_function: {
    kind: 'decision',
    title: 'Functions that cannot be taken over',
    why: 'LEAKPROOF, and languages that keep to no privileges, need a superuser. Write them in SQL or PL/pgSQL.',
  },
  exposed_extension: {
    kind: 'different',
    title: 'Extensions in exposed schemas',
    why: 'Requests could call their functions and read their views. Here none of them is an RPC or a table of the API.',
  },
  default_privileges: {
    kind: 'different',
    title: 'Default privileges',
    why: 'They granted access to later objects of a role. Here, such an object is closed until it is declared.',
  },
  timeout: {
    kind: 'different',
    title: 'Statement timeouts',
    why: 'A role without `statement_timeout` has the default of 5 seconds. Set `statementTimeoutMs` for longer statements.',
  },
  max_rows: {
    kind: 'different',
    title: 'Rows of one answer',
    why: 'Nothing says how many rows an answer may have, so it has at most 1,000. Set `server.maxRows` for more.',
  },
  refused_setting: {
    kind: 'different',
    title: 'Settings that are left out',
    why: 'They are declared elsewhere, or would give a role more than its grants.',
  },
  secret_setting: {
    kind: 'decision',
    title: 'Secrets in settings of the database',
    why: 'Every role can read them. They are not taken over: keys are files, see docs/keys-and-tokens.md.',
  },
  database_setting: {
    kind: 'decision',
    title: 'Settings of the database',
    why: 'They are not taken over. Set them in `settings` of the roles whose requests need them.',
  },
  pre_request: {
    kind: 'decision',
    title: 'The pre-request function',
    why: 'PostgREST called it before each request, and does not any more. Put what it checks into policies.',
  },
  server_setting: {
    kind: 'decision',
    title: 'Settings of PostgREST that are left out',
    why: 'They are not known to be safe. Compare them with `server` in docs/declaration.md.',
  },
  left_out_statements: {
    kind: 'different',
    title: 'Statements that are no part of the migrations',
    why: 'The declaration stands for them, or a deploy cannot run them.',
  },
  no_migration: {
    kind: 'different',
    title: 'Files without a migration',
    why: 'The declaration stands for all of their statements.',
  },
  missing_extension: {
    kind: 'decision',
    title: 'Extensions that this machine does not have',
    why: 'The import went on without them. Add them to a migration where your Postgres has them.',
  },
  needs_extension: {
    kind: 'decision',
    title: 'Statements that need a missing extension',
    why: 'They are left out, like the extension. Add them behind it.',
  },
  data: {
    kind: 'taken',
    title: 'Data',
    why: 'Rows of the dump are in `seed.sql`, for `dev` and tests. A deploy does not run it.',
  },
} as const satisfies Readonly<Record<string, Reason>>;

export type ReasonName = keyof typeof REASONS;

/** One thing to tell about an object. */
export interface Note {
  readonly reason: ReasonName;
  /** Name of the object, as in `public.todos`. */
  readonly object: string;
  readonly detail?: string;
}
