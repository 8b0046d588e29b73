import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { postgresImage } from './images.ts';
import { docker } from './deployment.ts';

/** Something wrong with the surroundings, until it is ended. */
export interface Fault {
  end(): unknown;
}

const SIGN_IN = 'export PGPASSWORD=${PGPASSWORD:-$(</run/secrets/postgres/password)}';
const SESSION = 'psql --no-psqlrc --quiet --tuples-only --no-align --username postgres --dbname postgres';

/** Somebody else listens on a port, and hangs up. */
export async function listenOn(port: number): Promise<Fault> {
  const server = createServer((socket) => socket.destroy()).listen(port, '127.0.0.1');
  await once(server, 'listening');
  return { end: () => new Promise((resolve) => server.close(resolve)) };
}

/**
 * Takes every connection of a container's Postgres as a superuser, those that become free included. The sessions end with
 * the stream that all of them read.
 */
export async function takeAllConnections(container: string): Promise<Fault> {
  const script = `exec 3<&0; for i in $(seq 105); do (until ${SESSION} <&3; do sleep 0.5; done) 2>/dev/null & done; wait`;
  const sessions = spawn('docker', ['exec', '--interactive', container, 'bash', '-c', `${SIGN_IN}; ${script}`], {
    stdio: ['pipe', 'ignore', 'ignore'],
  });
  const closed = once(sessions, 'close');
  while (accepts(container)) await new Promise((resolve) => setTimeout(resolve, 200));
  return {
    end: async () => {
      sessions.stdin.end();
      await closed;
    },
  };
}

function accepts(container: string): boolean {
  try {
    psql(container, 'SELECT 1');
    return true;
  } catch (error) {
    if ((error as Error).message.includes('too many clients already')) return false;
    throw error;
  }
}

/** Runs a statement as the superuser, on the container's own socket. */
export function psql(container: string, statement: string, password?: string): string {
  const environment = password === undefined ? [] : ['--env', `PGPASSWORD=${password}`];
  return docker('exec', ...environment, container, 'bash', '-c', `${SIGN_IN}; ${SESSION} --command "$0"`, statement);
}

/** A small volume in memory, kept by a container of its own while others come and go. */
export class SmallVolume {
  private readonly keeper: string;
  private readonly name: string;

  constructor(name: string, megabytes: number) {
    this.name = name;
    this.keeper = `${name}-keeper`;
    const options = ['type=tmpfs', 'device=tmpfs', `o=size=${megabytes}m,uid=999,gid=999`];
    docker('volume', 'create', ...options.flatMap((option) => ['--opt', option]), name);
    docker(
      ...['run', '--detach', '--name', this.keeper, '--network', 'none', '--volume', `${name}:/volume`],
      ...[postgresImage, 'sleep', 'infinity'],
    );
  }

  /** Leaves 1 MB: without what Postgres writes for itself at any time, such as its cache of catalogs, nobody gets in. */
  fill(): Fault {
    const fill = '! dd if=/dev/zero of=/volume/filler bs=64k && truncate --size=-1M /volume/filler';
    docker('exec', this.keeper, 'sh', '-c', fill);
    return { end: () => docker('exec', this.keeper, 'rm', '/volume/filler') };
  }

  /** The volume itself stays while somebody else uses it. */
  release(): void {
    docker('rm', '--force', this.keeper);
  }

  remove(): void {
    docker('volume', 'rm', '--force', this.name);
  }
}
