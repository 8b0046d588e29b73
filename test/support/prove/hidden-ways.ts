import type { Property } from '../../../access/prove/property.ts';

/** A database in which rows of `api.tasks` are reached in a way that is easily overlooked, or are not. */
export interface HiddenWay {
  readonly words: string;
  readonly sql: string;
  readonly property?: Partial<Pick<Property, 'commands' | 'only' | 'columns' | 'exceptReferences'>>;
  readonly status: 'proven' | 'leak' | 'not modelled';
  /** A part of what is not modelled. */
  readonly piece?: RegExp;
}

/** Tables of tenants, whose rows a member reads, writes and deletes, an inbox for all, and a log for nobody. */
export const TASKS = `
  CREATE SCHEMA api AUTHORIZATION owner;
  CREATE SCHEMA private AUTHORIZATION owner;
  GRANT USAGE ON SCHEMA api, private TO member;
  SET ROLE owner;
  CREATE FUNCTION private.tenant() RETURNS int LANGUAGE sql STABLE AS $$
    SELECT (nullif(current_setting('request.jwt.claims', true), '')::json ->> 'tenant')::int $$;
  CREATE TABLE api.projects (id int PRIMARY KEY, tenant int NOT NULL, UNIQUE (tenant, id));
  CREATE TABLE api.tasks (id int PRIMARY KEY, tenant int NOT NULL, project int, title text);
  CREATE TABLE api.inbox (id int PRIMARY KEY, note text);
  CREATE TABLE private.log (note text);
  ALTER TABLE api.projects ENABLE ROW LEVEL SECURITY;
  ALTER TABLE api.tasks ENABLE ROW LEVEL SECURITY;
  CREATE POLICY own ON api.projects USING (tenant = private.tenant());
  CREATE POLICY own ON api.tasks USING (tenant = private.tenant());
  GRANT SELECT, INSERT, UPDATE, DELETE ON api.projects, api.tasks, api.inbox TO member;`;

const REFERENCE = 'ALTER TABLE api.tasks ADD CONSTRAINT of_project FOREIGN KEY';
const DELETE = { commands: ['delete'] } as const;
const UPDATE = { commands: ['update'] } as const;
const SELECT = { commands: ['select'] } as const;
const DEFINER = 'SECURITY DEFINER SET search_path = pg_catalog, pg_temp';
const WIPE = `LANGUAGE plpgsql ${DEFINER} AS $$ BEGIN DELETE FROM api.tasks; RETURN NULL; END $$`;

export const HIDDEN_WAYS: readonly HiddenWay[] = [
  {
    words: 'a foreign key deletes rows of another tenant with their project',
    sql: `${REFERENCE} (project) REFERENCES api.projects ON DELETE CASCADE`,
    property: DELETE,
    status: 'leak',
  },
  {
    words: 'a foreign key deletes rows of the same tenant only',
    sql: `${REFERENCE} (tenant, project) REFERENCES api.projects (tenant, id) ON DELETE CASCADE`,
    status: 'proven',
  },
  {
    words: 'a foreign key restricts',
    sql: `${REFERENCE} (project) REFERENCES api.projects ON DELETE RESTRICT`,
    status: 'proven',
  },
  {
    words: 'nobody may delete the project',
    sql: `${REFERENCE} (project) REFERENCES api.projects ON DELETE CASCADE; REVOKE DELETE ON api.projects FROM member`,
    status: 'proven',
  },
  {
    words: 'the property leaves out that foreign key',
    sql: `${REFERENCE} (project) REFERENCES api.projects ON DELETE CASCADE`,
    property: { ...DELETE, exceptReferences: ['of_project'] },
    status: 'proven',
  },
  {
    words: 'a view of the owner lets any project be deleted',
    sql: `${REFERENCE} (tenant, project) REFERENCES api.projects (tenant, id) ON DELETE CASCADE;
      CREATE VIEW api.all_projects AS SELECT id, tenant FROM api.projects; GRANT DELETE, SELECT ON api.all_projects TO member`,
    property: DELETE,
    status: 'leak',
  },
  {
    words: 'a foreign key deletes over two tables',
    sql: `CREATE TABLE api.customers (id int PRIMARY KEY); GRANT SELECT, DELETE ON api.customers TO member;
      ALTER TABLE api.projects ADD customer int REFERENCES api.customers ON DELETE CASCADE;
      ${REFERENCE} (tenant, project) REFERENCES api.projects (tenant, id) ON DELETE CASCADE`,
    property: DELETE,
    status: 'leak',
  },
  {
    words: 'a foreign key leads back to its table',
    sql: `${REFERENCE} (project) REFERENCES api.tasks ON DELETE CASCADE`,
    property: DELETE,
    status: 'not modelled',
    piece: /^foreign key of_project of api\.tasks ON DELETE, in a circle$/,
  },
  {
    words: 'a foreign key leads back to its table, from which nobody deletes',
    sql: `${REFERENCE} (project) REFERENCES api.tasks ON DELETE CASCADE; REVOKE DELETE ON api.tasks FROM member`,
    property: DELETE,
    status: 'proven',
  },
  {
    words: 'a function deletes projects',
    sql: `${REFERENCE} (project) REFERENCES api.projects ON DELETE CASCADE; REVOKE DELETE ON api.projects FROM member;
      CREATE FUNCTION api.tidy() RETURNS void LANGUAGE sql ${DEFINER} AS $$ DELETE FROM api.projects $$`,
    property: DELETE,
    status: 'not modelled',
    piece: /^foreign key of_project of api\.tasks ON DELETE: function api\.tidy\(\)/,
  },
  {
    words: 'a foreign key sets rows of another tenant to null',
    sql: `${REFERENCE} (project) REFERENCES api.projects ON DELETE SET NULL`,
    property: UPDATE,
    status: 'leak',
  },
  {
    words: 'a foreign key sets a column of the same tenant to null',
    sql: `${REFERENCE} (tenant, project) REFERENCES api.projects (tenant, id) ON DELETE SET NULL (project)`,
    property: UPDATE,
    status: 'proven',
  },
  {
    words: 'a foreign key sets a column that does not count',
    sql: `${REFERENCE} (project) REFERENCES api.projects ON DELETE SET NULL`,
    property: { ...UPDATE, columns: ['title'] },
    status: 'proven',
  },
  {
    words: 'a foreign key moves rows to another tenant with their project',
    sql: `${REFERENCE} (tenant, project) REFERENCES api.projects (tenant, id) ON UPDATE CASCADE;
      DROP POLICY own ON api.projects; CREATE POLICY own ON api.projects USING (tenant = private.tenant()) WITH CHECK (true)`,
    property: UPDATE,
    status: 'leak',
  },
  {
    words: 'a foreign key follows a project that stays with its tenant',
    sql: `${REFERENCE} (tenant, project) REFERENCES api.projects (tenant, id) ON UPDATE CASCADE`,
    status: 'proven',
  },
  {
    words: 'a trigger of a table that a foreign key empties deletes rows',
    sql: `CREATE TABLE private.parts (project int REFERENCES api.projects ON DELETE CASCADE);
      CREATE FUNCTION private.wipe() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN DELETE FROM api.tasks; RETURN OLD; END $$;
      CREATE TRIGGER wipe BEFORE DELETE ON private.parts FOR EACH ROW EXECUTE FUNCTION private.wipe()`,
    property: DELETE,
    status: 'not modelled',
    piece: /private\.wipe\(\)/,
  },
  {
    words: 'a trigger of another table deletes rows with the rights of the owner',
    sql: `CREATE FUNCTION private.wipe() RETURNS trigger ${WIPE};
      CREATE TRIGGER wipe AFTER INSERT ON api.inbox FOR EACH ROW EXECUTE FUNCTION private.wipe()`,
    property: DELETE,
    status: 'not modelled',
    piece: /private\.wipe\(\)/,
  },
  {
    words: 'a trigger of a table that a function writes deletes rows',
    sql: `CREATE FUNCTION private.wipe() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN DELETE FROM api.tasks; RETURN NULL; END $$;
      CREATE TRIGGER wipe AFTER INSERT ON private.log FOR EACH STATEMENT EXECUTE FUNCTION private.wipe();
      CREATE FUNCTION api.note() RETURNS void LANGUAGE sql ${DEFINER} AS $$ INSERT INTO private.log VALUES ('noted') $$`,
    property: DELETE,
    status: 'not modelled',
    piece: /private\.wipe\(\)/,
  },
  {
    words: 'a function that writes is the default of a column',
    sql: `CREATE FUNCTION private.wipe() RETURNS text LANGUAGE plpgsql ${DEFINER} AS $$ BEGIN DELETE FROM api.tasks; RETURN ''; END $$;
      ALTER TABLE api.inbox ALTER note SET DEFAULT private.wipe()`,
    property: DELETE,
    status: 'not modelled',
    piece: /private\.wipe\(\)/,
  },
  {
    words: 'a function that writes is called by a policy',
    sql: `CREATE FUNCTION private.wipe() RETURNS bool LANGUAGE plpgsql ${DEFINER} AS $$ BEGIN DELETE FROM api.tasks; RETURN true; END $$;
      ALTER TABLE api.inbox ENABLE ROW LEVEL SECURITY; CREATE POLICY wipe ON api.inbox USING (private.wipe())`,
    property: DELETE,
    status: 'not modelled',
    piece: /private\.wipe\(\)/,
  },
  {
    words: 'a function that writes is called by a view',
    sql: `CREATE FUNCTION private.wipe() RETURNS bool LANGUAGE plpgsql ${DEFINER} AS $$ BEGIN DELETE FROM api.tasks; RETURN true; END $$;
      CREATE VIEW api.wiped AS SELECT private.wipe(); GRANT SELECT ON api.wiped TO member`,
    property: DELETE,
    status: 'not modelled',
    piece: /private\.wipe\(\)/,
  },
  {
    words: 'a function runs SQL that it computes',
    sql: `CREATE FUNCTION api.run(what text) RETURNS void LANGUAGE plpgsql ${DEFINER} AS $$ BEGIN EXECUTE what; END $$`,
    property: DELETE,
    status: 'not modelled',
    piece: /api\.run\(text\)/,
  },
  {
    words: 'a function in plpgsql reads with more than one statement',
    sql: `CREATE FUNCTION api.first() RETURNS text LANGUAGE plpgsql STABLE ${DEFINER} AS $$
      DECLARE found text; BEGIN SELECT title INTO found FROM api.tasks LIMIT 1; RETURN found; END $$`,
    property: SELECT,
    status: 'not modelled',
    piece: /api\.first\(\)/,
  },
  {
    words: 'a function in plpgsql returns what it reads',
    sql: `CREATE FUNCTION api.first() RETURNS text LANGUAGE plpgsql STABLE ${DEFINER} AS $$
      BEGIN RETURN (SELECT max(title) FROM api.tasks); END $$`,
    property: SELECT,
    status: 'leak',
  },
  {
    words: 'a helper reads for a function with the rights of the owner',
    sql: `CREATE FUNCTION private.helper() RETURNS SETOF text LANGUAGE sql STABLE AS $$ SELECT title FROM api.tasks $$;
      CREATE FUNCTION api.titles() RETURNS SETOF text LANGUAGE sql STABLE ${DEFINER} AS $$ SELECT * FROM private.helper() $$`,
    property: SELECT,
    status: 'leak',
  },
  {
    words: 'a view that is not exposed lends its rights to a function',
    sql: `CREATE VIEW private.every AS SELECT title FROM api.tasks; GRANT SELECT ON private.every TO member;
      CREATE FUNCTION api.titles() RETURNS SETOF text LANGUAGE sql STABLE AS $$ SELECT title FROM private.every $$`,
    property: SELECT,
    status: 'not modelled',
    piece: /^view private\.every/,
  },
  {
    words: 'a view reads in a sub-select of FROM',
    sql: `CREATE VIEW api.titles AS SELECT inner_.title FROM (SELECT title FROM api.tasks) AS inner_;
      GRANT SELECT ON api.titles TO member`,
    property: SELECT,
    status: 'leak',
  },
  {
    words: 'a rule of another table deletes rows',
    sql: 'CREATE RULE wipe AS ON INSERT TO api.inbox DO ALSO DELETE FROM api.tasks',
    property: DELETE,
    status: 'not modelled',
    piece: /^rule wipe of api\.inbox$/,
  },
  {
    words: 'a rule of another table calls a function',
    sql: `CREATE FUNCTION private.wipe() RETURNS void LANGUAGE sql ${DEFINER} AS $$ DELETE FROM api.tasks $$;
      CREATE RULE wipe AS ON INSERT TO api.inbox DO ALSO SELECT private.wipe()`,
    property: DELETE,
    status: 'not modelled',
    piece: /^rule wipe of api\.inbox$/,
  },
  {
    words: 'a trigger writes instead of a view',
    sql: `CREATE VIEW api.open_tasks AS SELECT id FROM api.tasks; GRANT SELECT, DELETE ON api.open_tasks TO member;
      CREATE FUNCTION private.wipe() RETURNS trigger ${WIPE};
      CREATE TRIGGER wipe INSTEAD OF DELETE ON api.open_tasks FOR EACH ROW EXECUTE FUNCTION private.wipe()`,
    property: DELETE,
    status: 'not modelled',
    piece: /api\.open_tasks|private\.wipe\(\)/,
  },
  {
    words: 'functions, triggers and rules reach other tables only',
    sql: `CREATE FUNCTION api.note() RETURNS void LANGUAGE sql ${DEFINER} AS $$ INSERT INTO private.log VALUES ('noted') $$;
      CREATE FUNCTION private.noted() RETURNS trigger LANGUAGE plpgsql ${DEFINER} AS $$
        BEGIN INSERT INTO private.log VALUES ('inbox'); RETURN NULL; END $$;
      CREATE TRIGGER noted AFTER INSERT ON api.inbox FOR EACH ROW EXECUTE FUNCTION private.noted();
      CREATE RULE keep AS ON DELETE TO api.inbox DO INSTEAD NOTHING`,
    status: 'proven',
  },
];
