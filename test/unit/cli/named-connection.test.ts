import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Command } from 'commander';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { namedConnection, givenOptions, type ConnectionSources } from '../../../cli/named-connection.ts';
import { addConnectionOptions } from '../../../cli/connection.ts';
import { refusal } from '../../support/errors.ts';

let directory: string;
let passwordFile: string;

beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'connection-'));
  passwordFile = join(directory, 'password');
  writeFileSync(passwordFile, 'of-the-file\n', { mode: 0o600 });
});
afterAll(() => rmSync(directory, { recursive: true }));

const connection = (sources: Partial<ConnectionSources>) =>
  namedConnection({ uri: undefined, options: {}, environment: {}, place: 'audit', ...sources });
const uri = 'postgresql://ann@localhost/todos';
const DATABASE_URL = 'postgresql://ben:of-the-url@db.example/shop';

describe('a connection that is named', () => {
  it('comes from the URI, with the password of the file or of PGPASSWORD', () => {
    const parts = { host: 'localhost', database: 'todos', user: 'ann', sslmode: 'disable' };
    expect(connection({ uri })).toEqual({ ...parts, password: '' });
    const environment = { PGPASSWORD: 'of-the-variable' };
    expect(connection({ uri, environment })).toEqual({ ...parts, password: 'of-the-variable' });
    expect(connection({ uri, environment, options: { passwordFile } })).toEqual({ ...parts, password: 'of-the-file' });
  });

  it('comes from DATABASE_URL where no server is named', () => {
    const parts = { host: 'db.example', database: 'shop', user: 'ben', sslmode: 'require' };
    const environment = { DATABASE_URL, PGPASSWORD: 'of-the-variable' };
    expect(connection({ environment })).toEqual({ ...parts, password: 'of-the-url' });
    expect(connection({ environment, options: { passwordFile } }).password).toBe('of-the-file');
  });

  it('never sends the password of DATABASE_URL to another server', () => {
    expect(connection({ uri, environment: { DATABASE_URL } }).password).toBe('');
    const options = { host: 'other.example', database: 'shop', user: 'ben' };
    const elsewhere = connection({ options: { port: 6000 }, environment: { DATABASE_URL } });
    expect(elsewhere).toMatchObject({ host: 'db.example', port: 6000, password: '' });
    expect(connection({ options: { port: 5432 }, environment: { DATABASE_URL } }).password).toBe('of-the-url');
    const named = connection({ options, environment: { DATABASE_URL } });
    expect(named).toEqual({ ...options, password: '', sslmode: 'require' });
  });

  it.each([
    ['localhost', 'disable'],
    ['127.0.0.1', 'disable'],
    ['/run/postgresql', 'disable'],
    ['db.example', 'require'],
    ['10.0.0.7', 'require'],
  ])('is encrypted except to this machine: %s', (host, sslmode) => {
    const options = { host, database: 'shop', user: 'ben' };
    expect(connection({ options }).sslmode).toBe(sslmode);
    expect(connection({ options: { ...options, sslmode: 'disable' } }).sslmode).toBe('disable');
    expect(connection({ uri: `postgresql://ben@/shop?host=${host}` }).sslmode).toBe(sslmode);
    // The option replaces the host of the URI, and what follows from it.
    expect(connection({ uri, options: { host } }).sslmode).toBe(sslmode);
  });

  it('comes from options, which replace parts of a URI', () => {
    expect(connection({ uri, options: { database: 'other', port: 6000, sslmode: 'verify-full' } })).toMatchObject({
      host: 'localhost',
      database: 'other',
      port: 6000,
      sslmode: 'verify-full',
    });
  });

  it.each<[string, Partial<ConnectionSources>, RegExp]>([
    ['no server', {}, /^audit: it is not said which database; give a URI such as .*, --host, .*DATABASE_URL/],
    [
      'no server and no declaration',
      { orDeclaration: true, place: 'access map' },
      /^access map: it is not said which declaration or database; give the file of a declaration, a URI such as/,
    ],
    ['a file', { uri: 'declaration.ts' }, /^audit: the database is not a URI; .*a file follows an option/],
    ['no server in the URI', { uri: 'postgresql:///x?user=ann' }, /it is not said which database/],
    ['a DATABASE_URL that is none', { environment: { DATABASE_URL: 'shop' } }, /^DATABASE_URL: it is not a URI of one/],
    ['no user', { uri: 'postgresql://h/x' }, /the user is not named; give --user/],
    ['no database', { options: { host: 'h', user: 'ann' } }, /the database is not named; give --database/],
    ['a password in the argument', { uri: 'postgresql://ann:secret@h/x' }, /^audit: the URI has a password/],
  ])('is rejected with %s', (_, sources, message) => {
    const error = refusal(() => connection(sources));
    expect(error.code).toBe('invalid_prop');
    expect(error.message).toMatch(message);
  });
});

it('a default of an option does not replace a part of a URI', () => {
  const command = addConnectionOptions(new Command(), 'ann');
  command.parse(['--port', '5432', '--user', 'ben'], { from: 'user' });
  expect(givenOptions(command)).toEqual({ port: 5432, user: 'ben' });
});
