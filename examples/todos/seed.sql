INSERT INTO api.todos (user_id, title, done, public) VALUES
  (1, 'buy milk', false, false),
  (1, 'water the plants', true, true),
  (2, 'call the bank', false, false);
