INSERT INTO api.plans (id, name, monthly_price, published) VALUES
  ('free', 'Free', 0, true),
  ('team', 'Team', 49, true),
  ('partner', 'Partner', 9, false);

INSERT INTO api.tenants (id, slug, name, region, plan_id, billing_email) VALUES
  ('00000000-0000-0000-0000-000000000001', 'acme', 'Acme', 'eu', 'team', 'billing@acme.example'),
  ('00000000-0000-0000-0000-000000000002', 'bolt', 'Bolt', 'us', 'partner', 'billing@bolt.example'),
  ('00000000-0000-0000-0000-000000000003', 'corax', 'Corax', 'eu', 'free', NULL);

INSERT INTO api.users (id, tenant_id, email, name) OVERRIDING SYSTEM VALUE VALUES
  (1, '00000000-0000-0000-0000-000000000001', 'ada@acme.example', 'Ada'),
  (2, '00000000-0000-0000-0000-000000000001', 'ben@acme.example', 'Ben'),
  (3, '00000000-0000-0000-0000-000000000001', 'mia@acme.example', 'Mia'),
  (4, '00000000-0000-0000-0000-000000000002', 'bob@bolt.example', 'Bob'),
  (5, '00000000-0000-0000-0000-000000000002', 'max@bolt.example', 'Max'),
  (6, '00000000-0000-0000-0000-000000000003', 'cid@corax.example', 'Cid');

INSERT INTO api.projects (id, tenant_id, slug, name, budget) OVERRIDING SYSTEM VALUE VALUES
  (1, '00000000-0000-0000-0000-000000000001', 'website', 'Website', 9000),
  (2, '00000000-0000-0000-0000-000000000001', 'app', 'App', 40000),
  (3, '00000000-0000-0000-0000-000000000002', 'website', 'Bolt online', 7000),
  (4, '00000000-0000-0000-0000-000000000003', 'garden', 'Garden', NULL);

INSERT INTO api.project_members (tenant_id, project_id, user_id, role) VALUES
  ('00000000-0000-0000-0000-000000000001', 1, 1, 'lead'),
  ('00000000-0000-0000-0000-000000000001', 1, 2, 'viewer'),
  ('00000000-0000-0000-0000-000000000001', 2, 2, 'editor'),
  ('00000000-0000-0000-0000-000000000002', 3, 4, 'lead'),
  ('00000000-0000-0000-0000-000000000003', 4, 6, 'lead');

INSERT INTO api.tasks (id, tenant_id, project_id, title, done, assignee_id, due_on) VALUES
  (1, '00000000-0000-0000-0000-000000000001', 1, 'draft the texts', false, 1, '2026-03-01'),
  (2, '00000000-0000-0000-0000-000000000001', 1, 'choose the colours', true, 1, NULL),
  (3, '00000000-0000-0000-0000-000000000001', 2, 'sketch the screens', false, 2, NULL),
  (4, '00000000-0000-0000-0000-000000000002', 3, 'take the photographs', false, 4, NULL),
  (5, '00000000-0000-0000-0000-000000000003', 4, 'dig the pond', false, NULL, NULL);

INSERT INTO api.comments (tenant_id, project_id, task_id, author_id, body) VALUES
  ('00000000-0000-0000-0000-000000000001', 1, 1, 1, 'half of them are there'),
  ('00000000-0000-0000-0000-000000000001', 1, 1, 2, 'shorter, please'),
  ('00000000-0000-0000-0000-000000000001', 2, 3, 2, 'on paper first'),
  ('00000000-0000-0000-0000-000000000002', 3, 4, 4, 'waiting for the sun');

INSERT INTO api.time_entries (tenant_id, project_id, task_id, user_id, day, minutes, note) VALUES
  ('00000000-0000-0000-0000-000000000001', 1, 1, 1, '2026-02-02', 90, 'first half'),
  ('00000000-0000-0000-0000-000000000001', 2, 3, 2, '2026-02-02', 45, 'pencils'),
  ('00000000-0000-0000-0000-000000000002', 3, 4, 4, '2026-02-02', 30, 'clouds');

INSERT INTO api.invoices (id, tenant_id, region, number, amount, paid, note) VALUES
  ('00000000-0000-0000-0000-000000000110', '00000000-0000-0000-0000-000000000001', 'eu', '2026-1', 49, true, 'acme pays late'),
  ('00000000-0000-0000-0000-000000000111', '00000000-0000-0000-0000-000000000001', 'eu', '2026-2', 49, false, NULL),
  ('00000000-0000-0000-0000-000000000122', '00000000-0000-0000-0000-000000000002', 'us', '2026-1', 9, true, 'bolt is a friend'),
  ('00000000-0000-0000-0000-000000000133', '00000000-0000-0000-0000-000000000003', 'eu', '2026-3', 0, true, NULL);

INSERT INTO api.announcements (id, tenant_id, title, body, starts_at, ends_at) VALUES
  ('00000000-0000-0000-0000-0000000000a1', '00000000-0000-0000-0000-000000000001', 'new coffee machine', 'on the second floor', NULL, NULL),
  ('00000000-0000-0000-0000-0000000000a2', '00000000-0000-0000-0000-000000000001', 'summer party 2020', 'bring a cake', '2020-06-01', '2020-07-01'),
  ('00000000-0000-0000-0000-0000000000a3', '00000000-0000-0000-0000-000000000001', 'we move in 2099', 'not yet for everyone', '2099-01-01', NULL),
  ('00000000-0000-0000-0000-0000000000b1', '00000000-0000-0000-0000-000000000002', 'bolt buys acme', 'strictly confidential', '2020-01-01', NULL);

-- What comes next is numbered after these.
SELECT setval(pg_get_serial_sequence('api.users', 'id'), 100),
  setval(pg_get_serial_sequence('api.projects', 'id'), 100),
  setval(pg_get_serial_sequence('api.tasks', 'id'), 100);
