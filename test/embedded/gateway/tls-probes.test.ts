import { spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { certificateAuthority } from '../../support/certificates.ts';
import { tableUnder } from '../../support/docs/markdown.ts';
import { skipNginx, startNginx, type Nginx } from '../../support/nginx.ts';

const PAGE = 'docs/gateway-attacks.md';
const skip =
  skipNginx || (process.env['REQUIRE_DEPLOY_TESTS'] !== '1' && spawnSync('openssl', ['version']).status !== 0);

/** Ciphers that this machine's own policy would keep its client from. */
const any = (version: string, ciphers: string) => [version, '-cipher', `${ciphers}@SECLEVEL=0`];

/** Options of `openssl s_client`, and what it says. */
const PROBES: readonly (readonly [name: string, options: readonly string[], answer: string])[] = [
  ['TLS 1.0', any('-tls1', 'DEFAULT'), 'alert protocol version'],
  ['TLS 1.1', any('-tls1_1', 'DEFAULT'), 'alert protocol version'],
  ['TLS 1.2', ['-tls1_2'], 'New, TLSv1.2'],
  ['TLS 1.3', ['-tls1_3'], 'New, TLSv1.3'],
  ['TLS 1.2 as a fallback (RFC 7507)', ['-tls1_2', '-fallback_scsv'], 'alert inappropriate fallback'],
  ['key exchange without forward secrecy', any('-tls1_2', 'kRSA'), 'alert handshake failure'],
  ['DHE', any('-tls1_2', 'kDHE'), 'alert handshake failure'],
  ['CBC', any('-tls1_2', 'ECDHE-ECDSA-AES128-SHA:ECDHE-ECDSA-AES256-SHA384'), 'alert handshake failure'],
  ['CCM with a tag of 8 bytes', any('-tls1_2', 'ECDHE-ECDSA-AES128-CCM8'), 'alert handshake failure'],
  [
    'CCM with a tag of 8 bytes, TLS 1.3',
    ['-tls1_3', '-ciphersuites', 'TLS_AES_128_CCM_8_SHA256'],
    'alert handshake failure',
  ],
  ['ARIA, Camellia', any('-tls1_2', 'ARIA:CAMELLIA'), 'alert handshake failure'],
  ['no authentication', any('-tls1_2', 'aNULL'), 'alert handshake failure'],
  ['no encryption', any('-tls1_2', 'eNULL'), 'alert handshake failure'],
  ['signatures with SHA-1', [...any('-tls1_2', 'DEFAULT'), '-sigalgs', 'ECDSA+SHA1'], 'alert handshake failure'],
  ['a protocol (ALPN) that it does not speak', ['-alpn', 'foo'], 'alert no application protocol'],
  ['compression', ['-tls1_2', '-comp'], 'Compression: NONE'],
  ['the extended master secret (RFC 7627)', ['-tls1_2'], 'Extended master secret: yes'],
  ['secure renegotiation (RFC 5746)', ['-tls1_2'], 'Secure Renegotiation IS supported'],
  ['another host name (SNI)', ['-servername', 'evil.test'], 'subject=CN = api.test'],
];

let gateway: Nginx;
let directory: string;

describe.skipIf(skip)('TLS probes with openssl', () => {
  beforeAll(async () => {
    directory = mkdtempSync(join(tmpdir(), 'tls-'));
    gateway = await startNginx('http://127.0.0.1:1', {
      pem: certificateAuthority('authority of a test').issue('api.test'),
    });
  });

  afterAll(async () => {
    await gateway?.stop();
    rmSync(directory, { recursive: true });
  });

  /** All that `openssl s_client` says; what it reads once it has said something. */
  function client(options: readonly string[], after = '', input = ''): Promise<string> {
    return new Promise((resolve) => {
      const process = spawn('openssl', ['s_client', '-connect', `127.0.0.1:${gateway.port}`, ...options]);
      let said = '';
      const hear = (data: Buffer) => {
        said += data.toString();
        if (said.includes(after)) process.stdin.end(input);
      };
      process.stdout.on('data', hear);
      process.stderr.on('data', hear);
      process.stdin.on('error', () => undefined);
      process.on('close', () => resolve(said));
    });
  }

  it(`are in ${PAGE}`, () => {
    expect(tableUnder(PAGE, 'TLS')).toEqual(PROBES.map(([name, , answer]) => [name, `\`${answer}\``]));
  });

  it.each(PROBES)('%s', async (_, options, answer) => {
    const said = await client(options);
    expect(said).toContain(answer);
    expect(said.includes('Cipher is (NONE)')).toBe(answer.startsWith('alert'));
  });

  it('a client cannot renegotiate', async () => {
    const said = await client(['-tls1_2'], 'Extended master secret', 'R\n');
    expect(said).toContain('RENEGOTIATING');
    expect(said).toContain('no renegotiation');
  });

  it.each([
    ['-tls1_2', 'Extended master secret'],
    ['-tls1_3', 'Max Early Data'],
  ])(
    '%s: a session is resumed from the memory of the gateway, without a ticket that holds it, and without early data',
    async (version, after) => {
      const session = join(directory, `session${version}`);
      const first = await client([version, '-sess_out', session], after);
      // 32 bytes are the name of a session; a ticket has the session itself.
      const ticket = /TLS session ticket:\n((?: {4}.*\n)+)/.exec(first)?.[1]?.trim().split('\n').length ?? 0;
      expect(ticket).toBeLessThanOrEqual(2);
      expect(first).not.toMatch(/Max Early Data: [^0]/);
      const again = await client([version, '-sess_in', session]);
      expect(again).toContain(`Reused, ${version === '-tls1_2' ? 'TLSv1.2' : 'TLSv1.3'}`);
    },
  );
});
