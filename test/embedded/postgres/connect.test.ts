import { chownSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { connect, type DatabaseConnection } from '../../../postgres/connect.ts';
import { certificateOf, newServerCertificate } from '../../../constructs/secrets/server-certificate.ts';
import { type PostgresServer, startPostgres } from '../../../testing/servers/postgres-server.ts';
import { withClient } from '../../../postgres/with-client.ts';
import { certificateAuthority } from '../../support/certificates.ts';
import { rejection } from '../../support/errors.ts';

const ours = certificateAuthority('our authority');
const others = certificateAuthority('another authority');

let postgres: PostgresServer;

beforeAll(async () => {
  postgres = await startPostgres();
});
afterAll(() => postgres.stop());

const ADMIN = () => postgres.connection('postgres');

/** A file that the server can use: a key has to be its own. */
function serverFile(name: string, content: string): string {
  const data = join(postgres.directory, 'data');
  const path = join(data, name);
  const { uid, gid } = statSync(data);
  writeFileSync(path, content, { mode: 0o600 });
  chownSync(path, uid, gid);
  return path;
}

/** From now on connections meet this certificate. */
async function serve(pem: string): Promise<void> {
  const file = serverFile('server.pem', pem);
  const loaded = () =>
    withClient(ADMIN(), async (client) => {
      const { rows } = await client.query<{ at: string }>('SELECT pg_conf_load_time()::text AS at');
      return rows[0]!.at;
    });
  const before = await loaded();
  await withClient(ADMIN(), async (client) => {
    for (const [name, value] of Object.entries({ ssl: 'on', ssl_cert_file: file, ssl_key_file: file }))
      await client.query(`ALTER SYSTEM SET ${name} = '${value}'`);
    await client.query('SELECT pg_reload_conf()');
  });
  await expect.poll(loaded).not.toBe(before);
}

function verifying(root: string, host = '127.0.0.1'): DatabaseConnection {
  return { ...ADMIN(), host, sslmode: 'verify-full', sslRootCertificate: serverFile('root.pem', root) };
}

/** The version of TLS that a connection uses; null where it is in clear. */
async function tlsVersion(connection: DatabaseConnection): Promise<string | null> {
  const client = await connect(connection);
  try {
    const { rows } = await client.query<{ version: string | null }>(
      'SELECT version FROM pg_stat_ssl WHERE pid = pg_backend_pid()',
    );
    return rows[0]!.version;
  } finally {
    await client.end();
  }
}

describe('connect', () => {
  it('accepts a certificate that the given authority has signed for the host, an address as well as a name', async () => {
    await serve(ours.issue('localhost', '127.0.0.1'));
    expect(await tlsVersion(verifying(ours.certificate))).toBe('TLSv1.3');
    expect(await tlsVersion(verifying(ours.certificate, 'localhost'))).toBe('TLSv1.3');
  });

  it('accepts a certificate that is given itself', async () => {
    const pem = newServerCertificate(['todos-postgres', 'localhost', '127.0.0.1']);
    await serve(pem);
    expect(await tlsVersion(verifying(certificateOf(pem)))).toBe('TLSv1.3');
  });

  it.each([
    // Without a host, Node.js would compare with "localhost".
    ['127.0.0.1', ['localhost', 'db.example.org'], "IP: 127.0.0.1 is not in the cert's list"],
    ['localhost', ['127.0.0.1', 'db.example.org'], "Host: localhost. is not in the cert's altnames"],
  ])('refuses a certificate that is not for %s', async (host, names, cause) => {
    await serve(ours.issue(...names));
    const error = await rejection(connect(verifying(ours.certificate, host)));
    expect(error.code).toBe('database_unreachable');
    expect(error.message).toContain('its certificate is not accepted');
    expect(error.message).toContain(cause);
    expect(error.message).toContain(`check that it is for "${host}"`);
  });

  it.each([
    ['another authority', () => others.certificate, () => ours.issue('127.0.0.1')],
    [
      'another server',
      () => certificateOf(newServerCertificate(['127.0.0.1'])),
      () => newServerCertificate(['127.0.0.1']),
    ],
  ])('refuses a certificate where the file with those to trust has that of %s', async (_, root, served) => {
    await serve(served());
    const connection = verifying(root());
    const error = await rejection(connect(connection));
    expect(error.code).toBe('database_unreachable');
    expect(error.message).toMatch(/its certificate is not accepted: (unable to verify|self-signed|unable to get)/);
    expect(error.message).toContain(connection.sslRootCertificate);
  });

  it.each([
    ['is not there', () => '/nowhere/root.pem', 'ENOENT'],
    ['is empty', () => serverFile('empty.pem', ''), 'holds no certificate'],
  ])('refuses a file of those to trust that %s', async (_, file, problem) => {
    const sslRootCertificate = file();
    const error = await rejection(connect({ ...ADMIN(), sslmode: 'verify-full', sslRootCertificate }));
    expect(error.code).toBe('unreadable_secret');
    expect(error.message).toContain(problem);
    expect(error.message).toContain(sslRootCertificate);
  });

  it('verifies the issuer, but no name, with "require" and a root certificate, as libpq does', async () => {
    await serve(ours.issue('db.example.org'));
    const connection = { ...verifying(ours.certificate), sslmode: 'require' as const };
    expect(await tlsVersion(connection)).toBe('TLSv1.3');
    await serve(others.issue('db.example.org'));
    expect((await rejection(connect(connection))).message).toContain('its certificate is not accepted');
  });

  it('verifies nothing with "require" alone, and does not encrypt with "disable"', async () => {
    await serve(others.issue('db.example.org'));
    expect(await tlsVersion({ ...ADMIN(), sslmode: 'require' })).toBe('TLSv1.3');
    expect(await tlsVersion(ADMIN())).toBeNull();
  });
});
