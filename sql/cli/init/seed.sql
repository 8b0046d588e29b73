-- Rows for npm start, which has a token of ann with: npm start -- --claim sub=ann. Deploys do not run it.
INSERT INTO api.notes (author, text, published) VALUES
  ('ann', 'water the plants', false),
  ('ann', 'the library opens at nine', true),
  ('bob', 'call the bank', false);
