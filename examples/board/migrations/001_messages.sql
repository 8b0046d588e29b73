CREATE TABLE messages (
  id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  author text NOT NULL,
  body text NOT NULL
);
CREATE INDEX messages_author ON messages (author);
