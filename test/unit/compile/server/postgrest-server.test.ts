import { describe, expect, it } from 'vitest';
import { postgrestServer } from '../../../../compile/server/postgrest-server.ts';
import { pathOf } from '../../../../compile/server/server.ts';
import { declare, type DeclarationInput } from '../../../../declaration/index.ts';
import { refusal } from '../../../support/errors.ts';

const database = { internalHost: 'db', internalPort: 5432, database: 'notes', sslmode: 'require' };
const notes = (input: Partial<DeclarationInput> = {}) =>
  declare({ name: 'notes', schemas: ['api'], roles: { anonymous: 'visitor', users: ['member'] }, ...input });

describe('the description of a PostgREST server', () => {
  it('names each file that the settings refer to', () => {
    const verified = { ...database, sslRootCertificate: {} };
    const { environment, files } = postgrestServer('api', notes(), { database: verified, version: '16.4' });
    const paths = files.map(pathOf);
    expect(environment['PGRST_JWT_SECRET']).toBe(`@${paths[0]}`);
    expect(paths).toContain(`${environment['HOME']}/.pg_service.conf`);
    expect(paths).toContain(`${environment['PGSYSCONFDIR']}/pg_service.conf`);
    expect(paths).toContain(environment['PGSSLROOTCERT']);
    expect(new Set(files.map(({ directory }) => directory)).size).toBe(files.length);
  });

  it('has the second login file written after the first', () => {
    const { files } = postgrestServer('api', notes(), { database, version: '16.4' });
    const fallback = files.findIndex(({ writtenAfter }) => writtenAfter !== undefined);
    expect(files.slice(0, fallback).map(({ id }) => id)).toContain(files[fallback]!.writtenAfter);
  });

  it.each([
    ['12.2.12', false, undefined],
    ['14.10', true, undefined],
    ['16.4', true, 'SIGTERM'],
  ])('checks and stops PostgREST %s as that version can', (version, probed, signal) => {
    const declaration = notes({
      roles: { anonymous: 'visitor', users: [{ name: 'member', statementTimeoutMs: 60_000 }] },
    });
    const { healthCheck, stop } = postgrestServer('api', declaration, { database, version });
    expect(healthCheck !== undefined).toBe(probed);
    expect(stop.signal).toBe(signal);
    expect(stop.graceSeconds).toBe(65);
  });

  it.each([
    [{ memory: 10 }, /"?api\.memory"?.*10 MB/],
    [{ cpus: 0 }, /api\.cpus.*0 is not a number of CPUs/],
    [{ user: '0:0' }, /api\.user.*"0:0" is not an unprivileged user/],
  ])('rejects the limits %j', (limits, message) => {
    expect(refusal(() => postgrestServer('api', notes(), { database, version: '16.4', ...limits })).message).toMatch(
      message,
    );
  });
});
