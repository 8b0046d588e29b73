import type { Show } from './case.ts';

/** A claim as text, whose setting is read once a statement: the form that all linters know. */
export const claim = (name: string) => `((SELECT current_setting('request.jwt.claims', true))::json ->> '${name}')`;

/** The same, and parsed once a statement too. */
export const claimParsedOnce = (name: string) =>
  `(SELECT (SELECT current_setting('request.jwt.claims', true))::json ->> '${name}')`;

/** The same in one sub-select, for sessions too in which no request set the claims. */
export const claimOrNull = (name: string) =>
  `(SELECT nullif(current_setting('request.jwt.claims', true), '')::json ->> '${name}')`;

/** A search path that nobody can put an object into. */
export const SAFE_PATH = 'SET search_path = pg_catalog, pg_temp';

/** Who the token is about. */
export const SUB = claim('sub');

/** A claim as text, read for each row. */
export const claimPerRow = (name: string) =>
  `(nullif(current_setting('request.jwt.claims', true), '')::json ->> '${name}')`;

/** Row security that binds the owner of the table too. */
export const protect = (table: string) =>
  `ALTER TABLE ${table} ENABLE ROW LEVEL SECURITY; ALTER TABLE ${table} FORCE ROW LEVEL SECURITY;`;

/** Notes of ann and bob, whose column user_id has an index; no row security, no grant. */
export const openNotes = `
  CREATE TABLE api.notes (id int PRIMARY KEY, user_id text NOT NULL, body text);
  INSERT INTO api.notes VALUES (1, 'ann', 'of ann'), (2, 'bob', 'of bob');
  CREATE INDEX ON api.notes (user_id);`;

/** The same with row security, and without a policy. */
export const notes = `${openNotes} ${protect('api.notes')}`;

/** The same, and each member reads and writes their own notes. */
export const ownNotes = `${notes}
  GRANT SELECT, INSERT, UPDATE, DELETE ON api.notes TO member;
  CREATE POLICY own ON api.notes TO member USING (user_id = ${SUB});`;

type Rows = Show['rows'];

/** A request with ann's token. */
export const asAnn = (rows: Rows, sql: string, claims: Readonly<Record<string, unknown>> = {}): Show => ({
  as: 'member',
  claims: { sub: 'ann', ...claims },
  sql,
  rows,
});

/** A request without a token. */
export const asAnonymous = (rows: Rows, sql: string): Show => ({ as: 'anon', sql, rows });

export const ANN = '11111111-1111-4111-8111-111111111111';
export const BOB = '22222222-2222-4222-8222-222222222222';

/** Ann and Bob as users of Supabase. */
export const users = `
  INSERT INTO auth.users (id, email, encrypted_password, raw_app_meta_data, raw_user_meta_data) VALUES
    ('${ANN}', 'ann@example.com', 'hash of ann', '{"role":"admin"}', '{"name":"Ann"}'),
    ('${BOB}', 'bob@example.com', 'hash of bob', '{}', '{"name":"Bob"}');`;

/** Notes of ann and bob on Supabase; row security, and no policy. The platform's default privileges grant everything. */
export const supabaseNotes = `${users}
  CREATE TABLE public.notes (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, user_id uuid NOT NULL REFERENCES auth.users ON DELETE CASCADE, body text);
  INSERT INTO public.notes (user_id, body) VALUES ('${ANN}', 'of ann'), ('${BOB}', 'of bob');
  CREATE INDEX ON public.notes (user_id);
  ${protect('public.notes')}`;

/** A request to Supabase with ann's token. */
export const asUser = (rows: Rows, sql: string, claims: Readonly<Record<string, unknown>> = {}): Show => ({
  as: 'authenticated',
  claims: { sub: ANN, email: 'ann@example.com', ...claims },
  sql,
  rows,
});
