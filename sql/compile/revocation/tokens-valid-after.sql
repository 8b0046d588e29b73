CREATE TABLE :"private".tokens_valid_after (
  subject text COLLATE "C" PRIMARY KEY,
  valid_after timestamptz NOT NULL
)
