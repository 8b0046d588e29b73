import type * as fs from 'node:fs';
import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it, vi } from 'vitest';
import { certificateOf, newServerCertificate } from '../../../../constructs/secrets/server-certificate.ts';
import { testSecrets } from '../../../support/synth.ts';

vi.mock('node:fs', async (importOriginal) => {
  const original = await importOriginal<typeof fs>();
  return { ...original, renameSync: vi.fn<typeof original.renameSync>(original.renameSync) };
});

it('SecretsDirectory takes the certificate that another process has made meanwhile', () => {
  const secrets = testSecrets();
  const pem = join(secrets.path, 'db.pem');
  const others = newServerCertificate(['db']);
  vi.mocked(renameSync).mockImplementationOnce((from, to) => {
    writeFileSync(to, readFileSync(from), { mode: 0o600 });
    writeFileSync(pem, others);
  });
  const { server, certificate } = secrets.serverCertificate('db');
  expect(readFileSync(server.path, 'utf8')).toBe(others);
  expect(readFileSync(certificate.path, 'utf8')).toBe(certificateOf(others));
});
