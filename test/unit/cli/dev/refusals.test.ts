import { describe, expect, it } from 'vitest';
import { readAccessLine } from '../../../../cli/dev/refusals/access-line.ts';
import { newLines } from '../../../../cli/dev/refusals/new-lines.ts';
import { refusalsIn } from '../../../../cli/dev/refusals/refusals-in.ts';
import { allRows, declare } from '../../../../declaration/index.ts';
import { declaration } from '../../../support/access/refused-notes.ts';

const line = (role: string, request: string, status: number) =>
  `127.0.0.1 - ${role} [26/Nov/2026:12:00:00 +0000] "${request} HTTP/1.1" ${status} - "" "curl/8"`;
const error = (message: string) => `2026-11-26 12:00:00.000 UTC [7] ERROR:  ${message}`;

const refusalLines = (...logs: Parameters<typeof refusalsIn>) => refusalsIn(...logs).map(({ text }) => text);

describe('a line of the log of PostgREST', () => {
  it('holds role, method, address and status', () => {
    expect(readAccessLine(line('anon', 'GET /notes?select=id', 401))).toEqual({
      role: 'anon',
      method: 'GET',
      target: '/notes?select=id',
      status: 401,
    });
    expect(readAccessLine(line('a role', 'GET /', 200))).toMatchObject({ role: 'a role' });
  });

  it.each(['-', ''])('has no role where it is "%s"', (role) => {
    expect(readAccessLine(line(role, 'GET /notes', 401))).toEqual({ method: 'GET', target: '/notes', status: 401 });
  });

  it('may be about no request', () => {
    expect(readAccessLine('26/Nov/2026:12:00:00 +0000: Schema cache loaded')).toBeUndefined();
  });
});

describe('the lines of both logs', () => {
  it('are one text for each rejected request', () => {
    const texts = refusalLines(declaration, {
      postgres: [
        error('permission denied for table notes'),
        error('division by zero'),
        error('the token is not valid here'),
        '2026-11-26 12:00:00.000 UTC [7] DETAIL:  the claim "exp" is missing',
      ],
      postgrest: [
        line('anon', 'DELETE /notes?id=eq.1', 401),
        line('-', 'GET /notes', 401),
        line('anon', 'GET /missing', 404),
        line('member', 'GET /notes', 401),
      ],
    });
    expect(texts).toEqual([
      'rejected: anon, DELETE /notes?id=eq.1: 401, permission denied for table notes\n  anon has no grant to delete api.notes',
      'rejected: a request, GET /notes: 401\n  PostgREST rejected the token; its answer says why',
      'rejected: member, GET /notes: 401, the token is not valid here: the claim "exp" is missing',
    ]);
  });

  it('tell of a call of a function that is not declared, which looks like a missing one', () => {
    const texts = refusalLines(declaration, {
      postgres: [
        error('{"code" : "PGRST202", "message" : "Could not find the function erase in the schema cache"}'),
        error('permission denied for table notes'),
      ],
      postgrest: [
        line('member', 'POST /rpc/erase', 404),
        line('editor', 'POST /rpc/publish', 404),
        line('anon', 'DELETE /notes?id=eq.1', 401),
      ],
    });
    expect(texts).toEqual([
      'rejected: member, POST /rpc/erase: 404\n  function erase is not declared, so no role may call it',
      'rejected: anon, DELETE /notes?id=eq.1: 401, permission denied for table notes\n  anon has no grant to delete api.notes',
    ]);
  });

  it('name no role where all tokens of a provider arrive as one, and take its message all the same', () => {
    const mapped = declare({
      name: 'notes',
      schemas: ['api'],
      roles: { anonymous: 'anon', users: ['member'] },
      tables: [{ name: 'notes', grants: [{ to: 'member', select: true }], policies: [allRows({ to: 'member' })] }],
      keys: {
        provider: {
          issuer: 'https://id.example',
          audience: 'notes',
          roles: { claim: 'roles', map: { member: 'user' } },
        },
      },
    });
    const unknown = "the log does not say which role a provider's token has become, or if there was a token";
    const refusals = refusalsIn(mapped, {
      postgres: [error('permission denied for table notes'), error('permission denied for table other')],
      postgrest: [
        line('anon', 'DELETE /notes?id=eq.1', 401),
        line('-', 'GET /notes', 401),
        line('anon', 'POST /rpc/erase', 404),
        line('anon', 'GET /other', 401),
      ],
    });
    expect(refusals.map(({ text }) => text)).toEqual([
      `rejected: a request, DELETE /notes?id=eq.1: 401, permission denied for table notes\n  ${unknown}`,
      'rejected: a request, GET /notes: 401\n  PostgREST rejected the token; its answer says why',
      'rejected: a request, POST /rpc/erase: 404\n  function erase is not declared, so no role may call it',
      `rejected: a request, GET /other: 401, permission denied for table other\n  ${unknown}`,
    ]);
    // No command asks about a role that the request may not have had.
    expect(refusals.map(({ request }) => request.role)).toEqual([undefined, undefined, undefined, undefined]);
  });

  it('are shown without control characters', () => {
    const [text] = refusalLines(declaration, { postgres: [], postgrest: [line('anon', 'GET /\u001b[2J', 403)] });
    expect(text).toContain('\\u{1b}[2J');
  });

  it('are of Postgres only where they begin a message: clients choose what follows', () => {
    const [text] = refusalLines(declaration, {
      postgres: [
        error('invalid input syntax for type integer: "'),
        `\t${error('permission denied for table secrets')}`,
      ],
      postgrest: [line('anon', 'DELETE /notes?id=eq.1', 401)],
    });
    expect(text).toBe('rejected: anon, DELETE /notes?id=eq.1: 401\n  anon has no grant to delete api.notes');
  });

  it('are read once, and from the beginning after a new start', () => {
    const read = newLines();
    expect(read('a\nb\nhal')).toEqual(['a', 'b']);
    expect(read('a\nb\nhalf\n')).toEqual(['half']);
    expect(read('a\nb\nhalf\n')).toEqual([]);
    expect(read('other\n')).toEqual(['other']);
  });
});
