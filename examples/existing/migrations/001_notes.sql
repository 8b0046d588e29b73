CREATE TABLE notes (
  id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
  owner uuid NOT NULL DEFAULT (nullif(current_setting('request.jwt.claims', true), '')::json ->> 'sub')::uuid,
  text text NOT NULL,
  written_at timestamptz NOT NULL DEFAULT now()
);

CREATE INDEX notes_owner ON notes (owner);
