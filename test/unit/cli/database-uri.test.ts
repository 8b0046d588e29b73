import { describe, expect, it } from 'vitest';
import { isDatabaseUri, parseDatabaseUri, refusePassword, usualSslMode } from '../../../cli/database-uri.ts';
import { refusal } from '../../support/errors.ts';

const parse = (uri: string) => parseDatabaseUri(uri, 'the URI');

it.each([
  ['postgresql://ann@localhost/todos', true],
  ['postgres://h', true],
  ['POSTGRESQL://h', true],
  ['declaration.ts', false],
  ['postgresql.ts', false],
])('%s is a URI: %s', (text, expected) => {
  expect(isDatabaseUri(text)).toBe(expected);
});

describe('a URI', () => {
  it.each([
    [
      'postgresql://ann@db.example:6000/todos?sslmode=verify-full&sslrootcert=%2Fca.pem',
      {
        host: 'db.example',
        port: 6000,
        database: 'todos',
        user: 'ann',
        sslmode: 'verify-full',
        sslRootCertificate: '/ca.pem',
      },
    ],
    ['postgres://db.example', { host: 'db.example' }],
    ['postgresql://a%40b:p%2F%3A%20%23@localhost/a%2Fb', { password: 'p/: #', user: 'a@b', database: 'a/b' }],
    ['postgresql://ann@[::1]:5433/x', { host: '::1', port: 5433 }],
    ['postgresql:///x?host=/var/run/postgresql&user=ann', { host: '/var/run/postgresql', user: 'ann', database: 'x' }],
    ['postgresql://ann@/x?host=%2Ftmp&port=1', { host: '/tmp', port: 1, user: 'ann' }],
    ['postgresql://%2Ftmp/x', { host: '/tmp', database: 'x' }],
    ['postgresql://h/?user=ann&dbname=x&password=s', { user: 'ann', database: 'x', password: 's' }],
  ])('%s is read as libpq reads it', (uri, expected) => {
    expect(parse(uri)).toMatchObject(expected);
  });

  it('leaves out what it does not name', () => {
    expect(parse('postgresql://ann@/')).toEqual({ user: 'ann' });
  });

  it.each([
    ['disable', 'localhost'],
    ['disable', '127.0.0.1'],
    ['disable', '127.8.0.1'],
    ['disable', '%2Fvar%2Frun%2Fpostgresql'],
    ['require', 'db.example'],
    ['require', '127.0.0.1.example'],
    ['require', 'localhost.example'],
    ['require', '10.0.0.1'],
  ])('encrypts by %s to %s unless it says otherwise', (sslmode, host) => {
    expect(usualSslMode(parse(`postgresql://ann@${host}/x`).host!)).toBe(sslmode);
    expect(parse(`postgresql://ann@${host}/x?sslmode=verify-full`).sslmode).toBe('verify-full');
  });

  it.each([
    ['postgresql://ann@h/x?sslmode=prefer', 'sslmode "prefer" is not supported; use disable, require, verify-full'],
    ['postgresql://ann@h/x?options=-c', 'its parameter "options" is not supported'],
    ['postgresql://ann@h:99999/x', 'not a URI'],
    ['postgresql://ann@h/x?port=0', 'its port "0" is none'],
    ['postgresql://a:1,b:2/x', 'not a URI of one PostgreSQL server'],
    ['mysql://ann@h/x', 'it is not a URI of one PostgreSQL server; write postgresql://'],
    ['todos', 'it is not a URI of one PostgreSQL server'],
    ['postgresql://ann@h/%zz', 'a %-escape in it is wrong'],
  ])('%s is rejected', (uri, problem) => {
    const { code, message } = refusal(() => parse(uri));
    expect(code).toBe('invalid_prop');
    expect(message).toContain(problem);
  });

  it.each([
    'postgresql://ann:12#secret@h/x',
    'postgresql://ann:12/secret@h/x',
    'postgresql://ann:12?secret@h/x',
    'postgresql://ann:secret:x@h:p/x',
    'postgresql://ann:%secret@h/x',
    'ann:secret@h/x',
    'mysql://ann:secret@h/x',
  ])('%s is rejected without a word of its password', (uri) => {
    expect(refusal(() => parse(uri)).message).not.toMatch(/secret|12/);
  });

  it.each(['postgresql://ann:secret@h/x', 'postgresql://ann@h/x?password=secret'])(
    '%s is rejected as an argument, without its password',
    (uri) => {
      const { message } = refusal(() => refusePassword(parse(uri), 'audit'));
      expect(message).toMatch(
        /^audit: the URI has a password, .* can read the arguments .* PGPASSWORD, .* DATABASE_URL/,
      );
      expect(message).not.toContain('secret');
    },
  );
});
