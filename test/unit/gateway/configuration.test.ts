import { describe, expect, it } from 'vitest';
import { checkGateway, gatewayConfiguration, type GatewayInput, type GatewayPlaces } from '../../../gateway/index.ts';
import { refusal } from '../../support/errors.ts';

const PLACES: GatewayPlaces = {
  servers: [
    { host: 'todos-api-1', port: 3000 },
    { host: 'todos-api-2', port: 3000 },
  ],
  corsAllowedOrigins: [],
  port: 8080,
  statusPort: 8081,
  temporary: '/tmp',
  accessLog: '/dev/stdout',
  errorLog: '/dev/stderr',
};

const made = (input: GatewayInput = {}, places: Partial<GatewayPlaces> = {}) =>
  gatewayConfiguration(checkGateway('gateway', input), { ...PLACES, ...places });
const lines = (...args: Parameters<typeof made>) =>
  made(...args)
    .text.split('\n')
    .map((line) => line.trim());

describe('upstreams', () => {
  it('have every server, with connections that are kept for less time than the server keeps them', () => {
    expect(lines()).toEqual(
      expect.arrayContaining([
        'server todos-api-1:3000 max_fails=1 fail_timeout=2s;',
        'server todos-api-2:3000 max_fails=1 fail_timeout=2s;',
        'keepalive_timeout 20s;',
      ]),
    );
  });

  it('are looked up again where a resolver is given and nginx can do it', () => {
    const resolver = '127.0.0.11';
    const again = 'server todos-api-1:3000 resolve max_fails=1 fail_timeout=2s;';
    expect(lines({}, { resolver })).toEqual(expect.arrayContaining(['resolver 127.0.0.11 valid=1s ipv6=off;', again]));
    expect(lines({}, { resolver, nginxVersion: '1.27.3' })).toContain(again);
    expect(lines({}, { resolver, nginxVersion: '1.27.2' })).not.toContain(again);
  });

  it('take addresses of IPv6', () => {
    expect(lines({}, { servers: [{ host: '::1', port: 1 }] })).toContain('server [::1]:1 max_fails=1 fail_timeout=2s;');
  });

  it('try only what is safe again, twice at most', () => {
    expect(lines()).toEqual(
      expect.arrayContaining(['proxy_next_upstream error timeout;', 'proxy_next_upstream_tries 2;']),
    );
    expect(made().text).not.toContain('non_idempotent');
  });
});

describe('TLS', () => {
  const certificate = '/etc/gateway/certificate/certificate.pem';

  it('comes with HTTP/2, the newest two versions, and HSTS', () => {
    expect(lines({}, { certificate, port: 8443 })).toEqual(
      expect.arrayContaining([
        'listen 8443 ssl;',
        'http2 on;',
        'ssl_protocols TLSv1.2 TLSv1.3;',
        'add_header Strict-Transport-Security max-age=31536000 always;',
      ]),
    );
    expect(lines({}, { certificate, nginxVersion: '1.22.1' })).toContain('listen 8080 ssl http2;');
  });

  it('is not insisted on for a certificate that signed itself, nor for plain HTTP', () => {
    expect(made({}, { certificate, isSelfSigned: true }).text).not.toContain('Strict-Transport-Security');
    expect(made().text).not.toContain('Strict-Transport-Security');
    expect(made({ strictTransportSecuritySeconds: 0 }, { certificate }).text).not.toContain(
      'Strict-Transport-Security',
    );
  });

  it('is where plain HTTP is redirected to', () => {
    expect(lines({}, { certificate, redirect: { port: 80, to: 443 } })).toContain(
      'return 308 "https://$host$request_uri";',
    );
    expect(lines({}, { certificate, redirect: { port: 80, to: 8443 } })).toContain(
      'return 308 "https://$host:8443$request_uri";',
    );
  });
});

describe('the token service', () => {
  const at = (issuer: string) => ({ tokenService: { host: 'todos-token-service', port: 8090, issuer } });

  it('is at the path of its issuer, which tells it its address', () => {
    expect(lines({}, at('https://api.test/sign-in'))).toEqual(
      expect.arrayContaining([
        'location ^~ /sign-in/ {',
        'location = /sign-in {',
        'proxy_set_header Host api.test;',
        'proxy_set_header X-Forwarded-Proto https;',
      ]),
    );
  });

  it('is at a host of its own where its issuer has no path', () => {
    expect(lines({ hosts: ['api.test'] }, at('https://id.test'))).toEqual(
      expect.arrayContaining(['server_name api.test;', 'server_name id.test;']),
    );
  });

  it.each([[[]], [['api.test', 'id.test']]])('is rejected where it would hide the API: hosts %j', (hosts) => {
    expect(refusal(() => made({ hosts }, at('https://id.test'))).message).toContain('declare an issuer with a path');
  });

  it('is rejected with a path that nginx compares otherwise', () => {
    expect(refusal(() => made({}, at('https://id.test/a%20b'))).place).toBe('tokens.issuer');
  });
});

describe('the fingerprint', () => {
  it('is what the running door answers with', () => {
    const { text, fingerprint } = made();
    expect(text).toContain(`return 200 ${fingerprint};`);
  });

  it('changes with options and certificate, and not otherwise', () => {
    const { fingerprint } = made();
    expect(made().fingerprint).toBe(fingerprint);
    expect(made({ hideQueries: true }).fingerprint).not.toBe(fingerprint);
    expect(made({}, { fingerprint: 'another certificate' }).fingerprint).not.toBe(fingerprint);
  });
});

it('a reload keeps idle connections and reads certificates again, where nginx can do it', () => {
  const reload = ['keepalive_min_timeout 10s;', 'ssl_object_cache_inheritable off;'];
  expect(lines()).toEqual(expect.arrayContaining(reload));
  expect(lines({}, { nginxVersion: '1.27.4' })).toEqual(expect.arrayContaining(reload));
  expect(lines({}, { nginxVersion: '1.27.3' }).filter((line) => reload.includes(line))).toEqual([]);
});

it('logs never have a header of the client', () => {
  expect(
    made()
      .text.match(/log_format .*/g)
      ?.join(''),
  ).not.toMatch(/\$http_|\$cookie/);
});

it('error logs have no addresses where queries are hidden', () => {
  expect(lines({ hideQueries: true })).toContain('error_log /dev/stderr crit;');
});

it('calls have a limit of their own where it is another one', () => {
  expect(made().text).not.toContain('location /rpc/ {');
  const { text } = made({ limits: { rpcBodyKilobytes: 2 } });
  expect(text).toMatch(/location \/rpc\/ \{\s+client_max_body_size 2k;/);
  expect(text).toContain('client_max_body_size 1024k;');
});
