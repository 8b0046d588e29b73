-- Compared byte by byte: an index that rests on no library's order of texts can't become wrong with another one.
CREATE TABLE :"private".revoked_tokens (
  jti text COLLATE "C" PRIMARY KEY,
  expires_at timestamptz NOT NULL
);
CREATE INDEX revoked_tokens_expires_at ON :"private".revoked_tokens (expires_at)
