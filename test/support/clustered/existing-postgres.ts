import { execFileSync } from 'node:child_process';
import pg from 'pg';
import { certificateAuthority } from '../certificates.ts';
import { docker } from '../deployment.ts';
import { withPoll } from './with-poll.ts';

const PASSWORDS = { postgres: 'superuser password', admin: "admin's password" };

/** A copy needs as many as what it copies. */
const CONNECTIONS = ['-c', 'max_connections=200'];

/** A Postgres that the pods of a test cluster reach at this machine's address in it, with TLS, and perhaps a copy of it. */
export class ExistingPostgres {
  readonly host: string;
  readonly port: number;
  readonly authority = certificateAuthority('authority of the existing Postgres');
  private readonly name: string;
  /** Docker network in which it runs. */
  readonly network: string;
  private readonly image: string;

  constructor(name: string, image: string, host: string, port: number) {
    this.name = `${name}-existing-postgres`;
    this.network = `${name}-existing`;
    this.image = image;
    this.host = host;
    this.port = port;
  }

  /** Password of the admin, who is no superuser. */
  get adminPassword(): string {
    return PASSWORDS.admin;
  }

  /** @param database made for the role `admin` */
  async start(database: string): Promise<void> {
    docker('network', 'create', this.network);
    docker(
      ...['run', '--detach', '--name', this.name, '--network', this.network],
      ...['--publish', `${this.host}:${this.port}:5432`, '--env', `POSTGRES_PASSWORD=${PASSWORDS.postgres}`],
      ...[this.image, '-c', 'wal_level=replica', ...CONNECTIONS],
    );
    await withPoll(() => this.sql('SELECT 1', { tls: false }));
    this.inside(
      this.name,
      `umask 077; cat >$PGDATA/server.pem; sed -i 's/^host /hostssl /' $PGDATA/pg_hba.conf;
       echo 'hostssl replication postgres all scram-sha-256' >>$PGDATA/pg_hba.conf`,
      this.authority.issue(this.host),
    );
    for (const setting of ["ssl_cert_file = 'server.pem'", "ssl_key_file = 'server.pem'", 'ssl = on'])
      await this.sql(`ALTER SYSTEM SET ${setting}`, { tls: false });
    docker('restart', this.name);
    await withPoll(() => this.sql('SELECT 1'));
    const password = PASSWORDS.admin.replaceAll("'", "''");
    await this.sql(`CREATE ROLE admin LOGIN CREATEROLE PASSWORD '${password}'`);
    await this.sql(`CREATE DATABASE ${database} OWNER admin`);
  }

  /** Starts a copy that follows, and answers where. */
  async startReplica(port: number): Promise<{ host: string; port: number }> {
    const copy = `umask 077; PGPASSWORD='${PASSWORDS.postgres}' pg_basebackup --host=${this.name} --username=postgres \
      --pgdata=/tmp/copy --checkpoint=fast --write-recovery-conf --wal-method=stream && exec postgres -D /tmp/copy ${CONNECTIONS.join(' ')}`;
    docker(
      ...['run', '--detach', '--name', this.replicaName, '--network', this.network, '--user', 'postgres'],
      ...['--publish', `${this.host}:${port}:5432`, '--entrypoint', 'bash', this.image, '-ec', copy],
    );
    await withPoll(() => this.sql('SELECT pg_is_in_recovery()', { port }));
    return { host: this.host, port };
  }

  /** Ends the copy at once, as a machine that fails. */
  killReplica(): void {
    docker('kill', this.replicaName);
  }

  /** As the superuser. */
  async sql<Row extends pg.QueryResultRow>(
    text: string,
    { database = 'postgres', tls = true, port = this.port } = {},
  ): Promise<Row[]> {
    const client = new pg.Client({
      ...{ host: this.host, port, database, user: 'postgres', password: PASSWORDS.postgres },
      ssl: tls && { ca: this.authority.certificate },
    });
    await client.connect();
    try {
      return (await client.query<Row>(text)).rows;
    } finally {
      await client.end();
    }
  }

  stop(): void {
    for (const name of [this.name, this.replicaName]) {
      try {
        docker('container', 'rm', '--force', '--volumes', name);
      } catch {
        // It was not started.
      }
    }
    docker('network', 'rm', this.network);
  }

  private get replicaName(): string {
    return `${this.name}-replica`;
  }

  private inside(container: string, script: string, input: string): void {
    execFileSync('docker', ['exec', '--interactive', '--user', 'postgres', container, 'sh', '-ec', script], { input });
  }
}
