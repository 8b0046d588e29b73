-- Who asks, for column defaults and functions. Outside of a request there is no claim, and both answer null.
CREATE FUNCTION internal.tenant_id() RETURNS uuid LANGUAGE sql STABLE
RETURN (nullif(current_setting('request.jwt.claims', true), '')::json ->> 'tenant_id')::uuid;

CREATE FUNCTION internal.user_id() RETURNS int LANGUAGE sql STABLE
RETURN (nullif(current_setting('request.jwt.claims', true), '')::json ->> 'user_id')::int;

CREATE TABLE plans (
  id text PRIMARY KEY,
  name text NOT NULL,
  monthly_price numeric(10, 2) NOT NULL,
  published boolean NOT NULL DEFAULT false
);

CREATE TABLE tenants (
  -- Not guessable: whoever tries ids finds nobody.
  id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
  -- Unique across tenants, so whoever may write it can find out which are taken: see docs/what-errors-reveal.md.
  slug text NOT NULL UNIQUE,
  name text NOT NULL,
  region text NOT NULL,
  plan_id text NOT NULL REFERENCES plans,
  billing_email text,
  UNIQUE (id, region)
);
CREATE INDEX tenants_region ON tenants (region);

-- Every table of a tenant has tenant_id, filled in from the token. Its foreign keys hold the tenant too: a foreign key
-- is checked past row level security, and a plain one would accept, and so confirm, other tenants' ids.
CREATE TABLE users (
  id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  tenant_id uuid NOT NULL DEFAULT internal.tenant_id() REFERENCES tenants,
  email text NOT NULL,
  name text NOT NULL,
  UNIQUE (tenant_id, id),
  UNIQUE (tenant_id, email)
);

CREATE TABLE projects (
  id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  tenant_id uuid NOT NULL DEFAULT internal.tenant_id() REFERENCES tenants,
  -- Unique within the tenant only: another tenant's slug is neither taken nor confirmed.
  slug text NOT NULL,
  name text NOT NULL,
  budget numeric(12, 2),
  archived boolean NOT NULL DEFAULT false,
  UNIQUE (tenant_id, id),
  UNIQUE (tenant_id, slug)
);

CREATE TABLE project_members (
  tenant_id uuid NOT NULL DEFAULT internal.tenant_id(),
  project_id int NOT NULL,
  user_id int NOT NULL,
  role text NOT NULL CHECK (role IN ('lead', 'editor', 'viewer')),
  PRIMARY KEY (tenant_id, project_id, user_id),
  FOREIGN KEY (tenant_id, project_id) REFERENCES projects (tenant_id, id) ON DELETE CASCADE,
  FOREIGN KEY (tenant_id, user_id) REFERENCES users (tenant_id, id)
);
-- The membership policies ask for the projects of a user.
CREATE INDEX project_members_user_id ON project_members (user_id) INCLUDE (project_id, role);

CREATE TABLE tasks (
  -- Inserts into a serial column draw from its sequence as the one who inserts; the grant follows from the declaration.
  id serial PRIMARY KEY,
  tenant_id uuid NOT NULL DEFAULT internal.tenant_id(),
  project_id int NOT NULL,
  title text NOT NULL CHECK (title <> ''),
  done boolean NOT NULL DEFAULT false,
  assignee_id int,
  due_on date,
  updated_at timestamptz NOT NULL DEFAULT now(),
  UNIQUE (tenant_id, project_id, id),
  FOREIGN KEY (tenant_id, project_id) REFERENCES projects (tenant_id, id),
  FOREIGN KEY (tenant_id, assignee_id) REFERENCES users (tenant_id, id)
);
CREATE INDEX tasks_project_id ON tasks (project_id);
CREATE INDEX tasks_assignee_id ON tasks (assignee_id);

CREATE FUNCTION internal.set_updated_at() RETURNS trigger LANGUAGE plpgsql SET search_path = '' AS $$
BEGIN
  NEW.updated_at := now();
  RETURN NEW;
END
$$;
CREATE TRIGGER set_updated_at BEFORE UPDATE ON tasks FOR EACH ROW EXECUTE FUNCTION internal.set_updated_at();

-- project_id is there for the policies; the foreign key holds it to the task's.
CREATE TABLE comments (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  tenant_id uuid NOT NULL DEFAULT internal.tenant_id(),
  project_id int NOT NULL,
  task_id int NOT NULL,
  author_id int NOT NULL DEFAULT internal.user_id(),
  body text NOT NULL,
  FOREIGN KEY (tenant_id, project_id, task_id) REFERENCES tasks (tenant_id, project_id, id) ON DELETE CASCADE,
  FOREIGN KEY (tenant_id, author_id) REFERENCES users (tenant_id, id)
);
CREATE INDEX comments_tenant_id ON comments (tenant_id, project_id, task_id);
CREATE INDEX comments_project_id ON comments (project_id);
CREATE INDEX comments_author_id ON comments (author_id);

CREATE TABLE time_entries (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  tenant_id uuid NOT NULL DEFAULT internal.tenant_id(),
  project_id int NOT NULL,
  task_id int NOT NULL,
  user_id int NOT NULL DEFAULT internal.user_id(),
  day date NOT NULL,
  minutes int NOT NULL CHECK (minutes > 0),
  note text,
  UNIQUE (tenant_id, task_id, user_id, day),
  FOREIGN KEY (tenant_id, project_id, task_id) REFERENCES tasks (tenant_id, project_id, id),
  FOREIGN KEY (tenant_id, user_id) REFERENCES users (tenant_id, id)
);
CREATE INDEX time_entries_project_id ON time_entries (project_id);
CREATE INDEX time_entries_user_id ON time_entries (user_id);

CREATE TABLE invoices (
  id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
  tenant_id uuid NOT NULL,
  -- The tenant's, kept beside it so that auditors' policies need no join.
  region text NOT NULL,
  number text NOT NULL,
  amount numeric(12, 2) NOT NULL,
  paid boolean NOT NULL DEFAULT false,
  note text,
  UNIQUE (tenant_id, number),
  FOREIGN KEY (tenant_id, region) REFERENCES tenants (id, region) ON UPDATE CASCADE
);
CREATE INDEX invoices_region ON invoices (region);

CREATE TABLE announcements (
  -- Clients may choose it, so that a request can be repeated (PUT): it is a key across tenants, and not guessable.
  id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
  tenant_id uuid NOT NULL DEFAULT internal.tenant_id() REFERENCES tenants,
  title text NOT NULL,
  body text NOT NULL,
  starts_at timestamptz,
  ends_at timestamptz CHECK (ends_at > starts_at)
);
CREATE INDEX announcements_tenant_id ON announcements (tenant_id);
