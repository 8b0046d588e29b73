import { allRows, declare, ownRows } from '../../../declaration/index.ts';
import { verboseErrors } from '../../support/embedded-postgrest.ts';

/** Few rows a page, short times, and two connections for everybody. */
export const strain = declare({
  name: 'strain',
  schemas: ['api'],
  roles: {
    anonymous: { name: 'strain_anon', statementTimeoutMs: 400 },
    users: [
      { name: 'strain_hasty', statementTimeoutMs: 300, settings: { work_mem: '1MB' } },
      { name: 'strain_patient', statementTimeoutMs: 2500 },
    ],
  },
  server: { maxRows: 3, poolSize: 2, settings: verboseErrors },
  migrations: [
    {
      file: '1.sql',
      sql: `CREATE TABLE nodes (id int PRIMARY KEY, parent int REFERENCES nodes, body text);
        CREATE INDEX ON nodes (parent);
        INSERT INTO nodes SELECT i, nullif(i / 2, 0), repeat('a', 24) || 'b' FROM generate_series(1, 200) AS i;
        CREATE TABLE own (id int PRIMARY KEY, user_id int NOT NULL);
        CREATE INDEX ON own (user_id);
        INSERT INTO own SELECT i, i FROM generate_series(0, 60) AS i;
        CREATE FUNCTION nap(seconds float8) RETURNS void LANGUAGE sql RETURN pg_sleep(seconds);
        CREATE FUNCTION spin() RETURNS bigint LANGUAGE sql AS 'SELECT count(*) FROM generate_series(1, 100000) AS a, generate_series(1, 100000) AS b';
        CREATE FUNCTION stubborn() RETURNS void LANGUAGE plpgsql AS $$
          BEGIN
            PERFORM set_config('statement_timeout', '0', true);
            PERFORM pg_sleep(10);
          END $$;
        CREATE FUNCTION echo(body text) RETURNS int LANGUAGE sql RETURN length(body);
        CREATE FUNCTION who() RETURNS json LANGUAGE sql STABLE AS $$
          SELECT json_build_object('role', current_user, 'setting', current_setting('role'),
            'user_id', nullif(current_setting('request.jwt.claims', true), '')::json -> 'user_id',
            'more', nullif(current_setting('request.jwt.claims', true), '')::json -> 'more',
            'header', nullif(current_setting('request.headers', true), '')::json -> 'x-mine',
            'timeout', current_setting('statement_timeout'), 'work_mem', current_setting('work_mem'),
            'time_zone', current_setting('TimeZone'))
        $$;
        CREATE FUNCTION poison() RETURNS void LANGUAGE plpgsql AS $$
          BEGIN
            PERFORM set_config('request.jwt.claims', '{"role":"strain_patient","user_id":666}', false);
            PERFORM set_config('request.headers', '{"x-mine":"poison"}', false);
            PERFORM set_config('role', 'strain_patient', false);
          END $$`,
    },
  ],
  tables: [
    { name: 'nodes', grants: [{ to: 'strain_hasty', select: true }], policies: [allRows({ to: 'strain_hasty' })] },
    {
      name: 'own',
      grants: [{ to: 'strain_hasty', select: true }],
      policies: [ownRows({ to: 'strain_hasty', column: 'user_id', claim: 'user_id', type: 'int' })],
    },
  ],
  functions: [
    ...['nap', 'spin', 'stubborn', 'echo'].map((name) => ({ name, execute: ['strain_hasty', 'strain_patient'] })),
    { name: 'who', execute: ['strain_anon', 'strain_hasty', 'strain_patient'] },
    { name: 'poison', execute: 'strain_hasty' },
  ],
});
