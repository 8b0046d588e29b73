CREATE TABLE todos (
  id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  -- Nobody may write it: a new row belongs to whom the token names.
  user_id int NOT NULL DEFAULT (nullif(current_setting('request.jwt.claims', true), '')::json ->> 'user_id')::int,
  title text NOT NULL CHECK (title <> ''),
  done boolean NOT NULL DEFAULT false,
  public boolean NOT NULL DEFAULT false
);

CREATE INDEX todos_user_id ON todos (user_id);
