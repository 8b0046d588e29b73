import { once } from 'node:events';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { certificateAuthority } from '../../support/certificates.ts';
import { skipNginx, startNginx } from '../../support/nginx.ts';

const NAME = 'todos-token-service';
const authority = certificateAuthority('authority of the service');

/** The status of a request through nginx to a service that has a certificate for a name, where nginx trusts an authority. */
async function statusThrough(named: string, trusted: string): Promise<number> {
  const pem = authority.issue(named);
  const server = createServer({ key: pem, cert: pem }, (_, response) => response.end('signed in'));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const directory = mkdtempSync(join(tmpdir(), 'trusted-'));
  onTestFinished(() => rmSync(directory, { recursive: true }));
  chmodSync(directory, 0o755);
  writeFileSync(join(directory, 'certificate.pem'), trusted);
  const { port } = server.address() as AddressInfo;
  const nginx = await startNginx('http://127.0.0.1:1', {
    places: {
      tokenService: {
        ...{ host: '127.0.0.1', port, issuer: 'http://127.0.0.1/sign-in' },
        tls: { name: NAME, trusted: join(directory, 'certificate.pem') },
      },
    },
  });
  onTestFinished(() => nginx.stop());
  return (await fetch(`${nginx.url}/sign-in/jwks`)).status;
}

it.skipIf(skipNginx)('a token service is reached over TLS', async () => {
  expect(await statusThrough(NAME, authority.certificate)).toBe(200);
});

it.skipIf(skipNginx)('a service with another certificate gets no request', async () => {
  expect(await statusThrough('another', authority.certificate)).toBe(502);
  expect(await statusThrough(NAME, certificateAuthority('another').certificate)).toBe(502);
});
