-- Runs once. A change of it is a new migration: npx secured-postgrest migration new add_tags
CREATE TABLE notes (
  id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  -- The subject of the token. The declaration sets its default.
  author text NOT NULL,
  text text NOT NULL CHECK (text <> ''),
  published boolean NOT NULL DEFAULT false
);

CREATE INDEX notes_author ON notes (author);
