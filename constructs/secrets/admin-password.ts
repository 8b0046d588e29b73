import { spawnSync } from 'node:child_process';
import { scramVerifier } from '../../postgres/scram-verifier.ts';
import { refuse } from '../../errors/secured-postgrest-error.ts';
import { packageTemplate, render } from '../../postgres/template.ts';
import { ACCESS } from './tls-only.ts';

const PSQL = 'psql --no-psqlrc --quiet --no-password --username "$POSTGRES_USER" --dbname "$POSTGRES_DB"';

/** Signs in on the container's own socket; the password comes through standard input. */
const TRY = `PGPASSWORD=$(cat) ${PSQL} --command 'SELECT 1'`;

/**
 * Lets the admin in without a password on the container's own socket, just for the statement of standard input. Postgres is
 * the first process, and reads the file again with SIGHUP. A container that starts again writes the file anew.
 */
const SET = `\
statement=$(cat)
before=$(cat ${ACCESS})
restore() { printf '%s\\n' "$before" >${ACCESS}; kill -HUP 1; }
trap restore EXIT
printf 'local all "%s" trust\\n%s\\n' "$POSTGRES_USER" "$before" >${ACCESS}
kill -HUP 1
for attempt in 1 2 3 4 5 6 7 8 9 10; do
  printf '%s' "$statement" | ${PSQL} --set ON_ERROR_STOP=1 && exit
  sleep 0.5
done
exit 1`;

/** The database's container, through the `docker` command. */
export class DatabaseContainer {
  private readonly address: readonly string[];
  private readonly container: string;

  constructor(address: readonly string[], container: string) {
    this.address = address;
    this.container = container;
  }

  /** Tests if the container runs and Postgres answers. */
  get answers(): boolean {
    return this.shell('pg_isready --quiet', '').status === 0;
  }

  accepts(password: string): boolean {
    return this.shell(TRY, password).status === 0;
  }

  /**
   * Gives the admin another password, whatever the one before was.
   *
   * @throws SecuredPostgrestError `engine_failed`
   */
  setPassword(password: string): void {
    const admin = this.shell('printf %s "$POSTGRES_USER"', '').stdout;
    const sql = render(packageTemplate('constructs/set-admin-password'), { admin, verifier: scramVerifier(password) });
    const { status, stderr } = this.shell(SET, sql);
    if (status === 0 && this.accepts(password)) return;
    refuse(
      'engine_failed',
      this.container,
      `the password of "${admin}" cannot be set: ${stderr.trim().split('\n').at(-1)}`,
      `run: docker logs ${this.container}`,
    );
  }

  private shell(script: string, input: string) {
    const command = ['exec', '--interactive', this.container, 'sh', '-c', script];
    return spawnSync('docker', [...this.address, ...command], { input, encoding: 'utf8', timeout: 60_000 });
  }
}
