import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { type GatewayContainerProps, PostgresDatabase, SecuredPostgrest } from '../../../constructs/index.ts';
import type { DeclarationInput } from '../../../declaration/types.ts';
import { checkGateway } from '../../../gateway/index.ts';
import { certificateAuthority } from '../../support/certificates.ts';
import { refusal } from '../../support/errors.ts';
import { synth, temporaryDirectory, testDeclaration, testStack } from '../../support/synth.ts';

function withGateway(
  gateway: GatewayContainerProps | false,
  { input = {}, servers = 1 }: { input?: Partial<DeclarationInput>; servers?: number } = {},
) {
  const { app, stack, directory, secrets } = testStack();
  const declaration = testDeclaration(input);
  const database = new PostgresDatabase(stack, 'database', { name: 'todos', secrets });
  const make = () => new SecuredPostgrest(stack, 'api', { declaration, database, secrets, servers, gateway });
  /** The file with the servers. */
  const upstreams = () => {
    const [{ content }] = synth(stack).block('docker_container', 'api/gateway/servers/writer')['upload'] as [
      { content: string },
    ];
    return content;
  };
  /** The configuration, as nginx is given it. */
  const configuration = () => {
    app.synth();
    const [{ source }] = synth(stack).block('docker_container', 'api/gateway/configuration/writer')['upload'] as [
      { source: string },
    ];
    return readFileSync(join(directory, 'cdktf.out/stacks/stack', source), 'utf8');
  };
  return { app, stack, directory, secrets, make, configuration, upstreams };
}

const PUBLIC: Partial<DeclarationInput> = { server: { version: '16.2', bindAddress: '0.0.0.0' } };

/** Files of a certificate, as a tool that renews it leaves them. */
function certificateFiles(directory: string, pem = certificateAuthority('ca').issue('api.test')) {
  const keyFile = join(directory, 'privkey.pem');
  const certificateFile = join(directory, 'fullchain.pem');
  const [certificate = '', key = ''] = pem.split(/(?=-----BEGIN P)/);
  writeFileSync(certificateFile, certificate, { mode: 0o644 });
  writeFileSync(keyFile, key, { mode: 0o600 });
  return { certificateFile, keyFile, key };
}

describe('a gateway', () => {
  it('bounds the bodies of calls as the version of the servers needs it', () => {
    const bound = (version: string, gateway: GatewayContainerProps = {}) => {
      const { make, configuration } = withGateway(gateway, { input: { server: { version } } });
      make();
      return /location \/rpc\/ \{\s+client_max_body_size (\w+);/.exec(configuration())?.[1];
    };
    expect(bound('12.0.2')).toBe('2k');
    expect(bound('14.17')).toBe('128k');
    expect(bound('16.2')).toBeUndefined();
    expect(bound('14.17', { limits: { rpcBodyKilobytes: 500 } })).toBe('500k');
  });

  it('has room for the bodies of as many requests as one address may send at a time', () => {
    const { stack, make } = withGateway({});
    make();
    const { tmpfs } = synth(stack).block('docker_container', 'api/gateway/container') as { tmpfs: { '/tmp': string } };
    const { bodyKilobytes, connectionsPerAddress } = checkGateway('gateway').limits;
    const megabytes = Number(/size=(\d+)m/.exec(tmpfs['/tmp'])![1]);
    expect(megabytes).toBeGreaterThan((bodyKilobytes * connectionsPerAddress) / 1024);
  });

  it('is left out by default', () => {
    for (const gateway of [false, undefined] as const) {
      const { stack, make } = withGateway(gateway as false);
      const api = make();
      expect(api.gateway).toBeUndefined();
      expect(api.url).toBe('http://127.0.0.1:3000');
      expect(
        synth(stack)
          .paths('docker_container')
          .filter((path) => path.includes('gateway')),
      ).toEqual([]);
    }
  });

  it('is the address of the API, in a container that is as hard as the others', () => {
    const { stack, make } = withGateway({}, { servers: 2 });
    const api = make();
    expect([api.url, api.gateway!.statusUrl]).toEqual(['http://127.0.0.1:8080', 'http://127.0.0.1:8081']);
    expect(api.urls).toEqual(['http://127.0.0.1:3000', 'http://127.0.0.1:3001']);
    expect(synth(stack).block('docker_container', 'api/gateway/container')).toMatchObject({
      name: 'todos-gateway',
      image: 'nginxinc/nginx-unprivileged:1.30.6',
      command: ['nginx', '-e', '/dev/stderr', '-c', '/etc/gateway/configuration/nginx.conf'],
      user: '101:101',
      read_only: true,
      capabilities: { drop: ['ALL'] },
      security_opts: ['no-new-privileges:true'],
      memory: 256,
      tmpfs: { '/tmp': 'rw,noexec,nosuid,nodev,size=128m' },
      stop_signal: 'SIGQUIT',
      networks_advanced: [{ name: 'todos' }],
      ports: [
        { internal: 8080, external: 8080, ip: '127.0.0.1' },
        { internal: 8081, external: 8081, ip: '127.0.0.1' },
      ],
      mounts: [
        { source: 'todos-gateway-servers', target: '/etc/gateway/servers', read_only: true },
        { source: 'todos-gateway-configuration', target: '/etc/gateway/configuration', read_only: true },
      ],
    });
  });

  it('comes when the servers answer, and ends with a wait for it', () => {
    const { stack, make } = withGateway({});
    const api = make();
    const { dependencies, block } = synth(stack);
    expect(dependencies('docker_container', 'api/gateway/configuration/writer')).toContain('api/server/ready');
    expect(dependencies('docker_container', 'api/gateway/container')).toEqual([
      'api/gateway/servers/writer',
      'api/gateway/configuration/writer',
      'api/gateway/taken',
    ]);
    const commands = (id: string) =>
      (block('terraform_data', `api/gateway/${id}`)['provisioner'] as { 'local-exec': { command: string } }[]).map(
        ({ 'local-exec': { command } }) => command.replace(/.* (wait|gateway) /, '$1 '),
      );
    expect(commands('taken')).toEqual([
      expect.stringMatching(
        /^gateway reload --container todos-gateway --image nginxinc\/nginx-unprivileged:1\.30\.6 --file \/etc\/gateway\/configuration\/nginx\.conf --temporary \/tmp --status http:\/\/127\.0\.0\.1:8081 --configuration [0-9a-f]{16} --servers 'api todos-api-1:3000' --timeout 80/,
      ),
    ]);
    expect(commands('ready')).toEqual([
      expect.stringMatching(/^wait --url http:\/\/127\.0\.0\.1:8081\/health .*--container todos-gateway /),
      expect.stringMatching(/^wait --url http:\/\/127\.0\.0\.1:8081\/ready /),
    ]);
    expect(api.waitFor.length).toBeGreaterThan(2);
  });

  it('leads to the servers by name, and looks the names up again', () => {
    const { make, configuration, upstreams } = withGateway({}, { servers: 2 });
    make();
    expect(configuration()).toContain('include /etc/gateway/servers/servers.conf;');
    const text = upstreams();
    for (const n of [1, 2]) expect(text).toContain(`server "todos-api-${n}:3000" resolve `);
    expect(text).toContain('resolver 127.0.0.11 valid=1s');
  });

  it('has the opener of encrypted tokens on its own network, asks it first, and waits until it has the key in use', () => {
    const tokenOpener = { image: 'opener:1' };
    const input = { tokens: { encryption: 'required' } } as const;
    const { stack, secrets, make, configuration, upstreams } = withGateway({ tokenOpener }, { input });
    make();
    const { block, dependencies } = synth(stack);
    const opener = block('docker_container', 'api/gateway/token-opener/container');
    expect(opener).toMatchObject({
      name: 'todos-token-opener',
      image: 'opener:1',
      command: [
        ...['gateway', 'open', '--encryption', 'required'],
        ...['--keys-file', '/etc/token-opener/encryption-keys/encryption-keys'],
        ...['--listen', '8070', '--listen-host', '0.0.0.0'],
      ],
      read_only: true,
      networks_advanced: [{ name: 'todos' }],
      memory: 192,
    });
    expect(opener['ports'] ?? []).toEqual([]);
    expect(dependencies('docker_container', 'api/gateway/configuration/writer')).toContain(
      'api/gateway/token-opener/ready',
    );
    const ready = JSON.stringify(block('terraform_data', 'api/gateway/ready')['provisioner']);
    expect(ready).toContain(
      `http://127.0.0.1:8081/encryption-keys --signing-key ${secrets.encryptionKeys().keyInUse} `,
    );
    expect(upstreams()).toContain('server "todos-token-opener:8070" resolve ');
    expect(configuration()).toContain('auth_request /.gateway/open;');
  });

  it('has no opener where no token is encrypted, and is needed where one is', () => {
    const tokenOpener = { image: 'opener:1' };
    expect(refusal(withGateway({ tokenOpener }).make)).toMatchObject({ code: 'invalid_prop' });
    const input = { tokens: { encryption: 'accepted' } } as const;
    expect(refusal(withGateway({}, { input }).make).message).toContain('give `gateway.tokenOpener`');
  });

  it('waits for an answer as long as the slowest role may take, and then some', () => {
    const { make, configuration } = withGateway(
      {},
      { input: { roles: { users: [{ name: 'member', statementTimeoutMs: 30_000 }] } } },
    );
    make();
    expect(configuration()).toContain('proxy_read_timeout 45s;');
  });

  it('keeps the ports of the servers on this machine', () => {
    const { stack, make } = withGateway({ trustedProxies: ['10.0.0.0/8'] }, { input: PUBLIC });
    expect(make().urls).toEqual(['http://127.0.0.1:3000']);
    const { block } = synth(stack);
    expect(block('docker_container', 'api/server/api-1')['ports']).toEqual([
      { internal: 3000, external: 3000, ip: '127.0.0.1' },
    ]);
    expect(block('docker_container', 'api/gateway/container')['ports']).toEqual([
      { internal: 8080, external: 8080, ip: '0.0.0.0' },
      { internal: 8081, external: 8081, ip: '127.0.0.1' },
    ]);
  });

  it('takes the version of nginx from the tag of an image', () => {
    const old = withGateway({ image: 'nginx:1.26.3-bookworm' });
    old.make();
    expect(old.upstreams()).not.toContain(' resolve ');
    const given = withGateway({ image: 'registry.test/nginx:ours', version: '1.26.3' });
    given.make();
    expect(given.upstreams()).not.toContain(' resolve ');
  });
});

describe('its certificate', () => {
  it('is one of yours, whose key is in neither the configuration nor the state', () => {
    const { certificateFile, keyFile, key } = certificateFiles(temporaryDirectory());
    const own = withGateway(
      { certificate: { certificateFile, keyFile }, hosts: ['api.test'], port: 443, redirectPort: 80 },
      { input: PUBLIC },
    );
    expect(own.make().url).toBe('https://api.test');
    const text = own.configuration();
    expect(text).toContain('ssl_certificate /etc/gateway/certificate/certificate.pem;');
    expect(text).toContain('Strict-Transport-Security');
    const { block, text: synthesized } = synth(own.stack);
    expect(block('docker_container', 'api/gateway/container')['ports']).toEqual([
      { internal: 8443, external: 443, ip: '0.0.0.0' },
      { internal: 8081, external: 8081, ip: '127.0.0.1' },
      { internal: 8080, external: 80, ip: '0.0.0.0' },
    ]);
    for (const line of key.split('\n').filter((part) => part.length > 20)) {
      expect(synthesized + text).not.toContain(line);
    }
  });

  it('reaches the running gateway when it is renewed', () => {
    const { stack, make } = withGateway({ certificate: 'self-signed' });
    make();
    const { dependencies, block } = synth(stack);
    expect(dependencies('docker_container', 'api/gateway/configuration/writer')).toEqual([
      'api/gateway/certificate/writer',
    ]);
    // Neither file is among the labels, which would replace the container.
    const labels = block('docker_container', 'api/gateway/container')['labels'] as { label: string }[];
    expect(labels.map(({ label }) => label).filter((label) => /certificate|configuration/.test(label))).toEqual([]);
  });

  it('may be one that nobody has signed, which clients are given', () => {
    const { make, configuration } = withGateway({ certificate: 'self-signed' });
    const api = make();
    expect(api.url).toBe('https://127.0.0.1:8443');
    expect(readFileSync(api.gateway!.selfSignedCertificate!.path, 'utf8')).toMatch(/^-----BEGIN CERTIFICATE-----/);
    expect(configuration()).not.toContain('Strict-Transport-Security');
  });

  it('is rejected where the key is another one, and where there is none', () => {
    const directory = temporaryDirectory();
    const [one, other] = [certificateAuthority('ca').issue('a.test'), certificateAuthority('ca').issue('a.test')];
    const mixed = one.split('-----BEGIN P')[0]! + other.slice(other.indexOf('-----BEGIN P'));
    const { certificateFile, keyFile } = certificateFiles(directory, mixed);
    const { make } = withGateway({ certificate: { certificateFile, keyFile } });
    expect(refusal(make)).toMatchObject({
      code: 'unreadable_secret',
      problem: 'the key is not the one of the certificate',
    });
    writeFileSync(certificateFile, 'no certificate');
    expect(refusal(withGateway({ certificate: { certificateFile, keyFile } }).make).problem).toBe(
      'there is no certificate with a key',
    );
  });
});

describe('rejected', () => {
  it.each([
    [{}, PUBLIC, 'api/gateway.certificate: tokens would cross the network to 0.0.0.0 in the clear'],
    [{ redirectPort: 80 }, {}, 'api/gateway.redirectPort: 80 leads to no TLS'],
    [{ port: 0 }, {}, 'api/gateway.port: 0 is not a port'],
    [{ hosts: ['*'] }, {}, 'api/gateway.hosts[0]: "*" is not a host name'],
    [{ limits: { urlBytes: 1 } }, {}, 'api/gateway.limits.urlBytes: 1 is not a whole number'],
    [{ user: 'root' }, {}, 'api/gateway.user: "root" is not an unprivileged user'],
    [{ tokenService: true }, {}, 'api/gateway.issuer: nothing is no https address'],
  ] as const)('%j', (gateway, input, message) => {
    expect(refusal(withGateway(gateway, { input }).make).message).toContain(`stack/${message}`);
  });
});

it('the token service is at the path of the declared issuer', () => {
  const input = { keys: { generate: 'ES256' as const }, tokens: { issuer: 'https://api.test/sign-in' } };
  const { make, configuration, upstreams } = withGateway({ tokenService: true }, { input });
  make();
  expect(configuration()).toContain('location ^~ /sign-in/ {');
  expect(upstreams()).toContain('server "todos-token-service:8090" resolve ');
});
