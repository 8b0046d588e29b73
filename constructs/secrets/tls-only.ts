import type { ContainerConfig } from '../synth/cdk/docker.ts';

const PEM = '/tmp/server.pem';
/** Path of the file in which Postgres reads who may sign in, and how. */
export const ACCESS = '/tmp/pg_hba.conf';

/**
 * Postgres refuses a key that others can read, and what is uploaded belongs to root: the server gets a copy of its own. On
 * the socket, the image's own script signs in with the password while it sets the database up.
 */
const START = `\
(umask 077 && cat "$0" >${PEM})
echo 'local all all scram-sha-256
hostssl all all all scram-sha-256' >${ACCESS}
exec docker-entrypoint.sh "$@"`;

/**
 * The part of a Postgres container's configuration that lets nobody in over the network without TLS, nor without the
 * password. It needs the entry point of the official image.
 *
 * @param pem path in the container of the file with the server's key and certificate
 * @param further settings of `postgresql.conf`
 */
export function tlsOnly(pem: string, further: Readonly<Record<string, string>> = {}) {
  const settings = {
    ...further,
    ssl: 'on',
    ssl_cert_file: PEM,
    ssl_key_file: PEM,
    ssl_min_protocol_version: 'TLSv1.2',
    hba_file: ACCESS,
  };
  return {
    entrypoint: ['/bin/sh', '-ec', START, pem],
    command: ['postgres', ...Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`])],
  } satisfies Partial<ContainerConfig>;
}
