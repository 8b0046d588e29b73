import { describe, expect, it } from 'vitest';
import { readAccessLine } from '../../../../cli/dev/refusals/access-line.ts';
import { explainRefusal } from '../../../../access/why/declared/explain-refusal.ts';
import { newLines } from '../../../../cli/dev/refusals/new-lines.ts';
import { refusalLines } from '../../../../cli/dev/refusals/refusal-lines.ts';
import { readTarget } from '../../../../access/why/request/request-target.ts';
import { allRows, declare, ownRows } from '../../../../declaration/index.ts';

const declaration = declare({
  name: 'notes',
  schemas: ['api', 'reports'],
  internalSchemas: ['internal'],
  roles: { anonymous: 'anon', users: ['member', { name: 'editor', inherits: ['member'] }] },
  tables: [
    {
      name: 'notes',
      grants: [
        { to: 'anon', select: ['id', 'title'] },
        { to: 'member', select: true, insert: true, update: ['title'] },
      ],
      policies: [
        allRows({ to: 'anon', for: 'select' }),
        ownRows({ to: 'member', column: 'owner', claim: 'sub', type: 'uuid' }),
      ],
    },
    { name: 'inbox', grants: [{ to: 'anon', insert: true }], policies: [allRows({ to: 'anon' })] },
    { name: 'internal.plans', grants: [{ to: 'member', select: true }], policies: [allRows({ to: 'member' })] },
  ],
  views: [{ name: 'summary', grants: [{ to: ['anon', 'member'], select: true }] }],
  functions: [{ name: 'publish', execute: 'editor' }],
});

const line = (role: string, request: string, status: number) =>
  `127.0.0.1 - ${role} [26/Nov/2026:12:00:00 +0000] "${request} HTTP/1.1" ${status} - "" "curl/8"`;
const error = (message: string) => `2026-11-26 12:00:00.000 UTC [7] ERROR:  ${message}`;
const explain = (role: string | undefined, request: string, message?: string) => {
  const [method = '', target = ''] = request.split(' ');
  return explainRefusal(declaration, { ...(role && { role }), method, target, status: 403 }, message);
};

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

describe('the address of a request', () => {
  it.each([
    ['/notes', { name: 'notes', isFunction: false, filtered: [] }],
    ['/notes?select=id,title&id=eq.1&order=id', { selected: ['id', 'title'], filtered: ['id'] }],
    ['/notes?select=id,author(*)', { selected: ['id'] }],
    [
      '/notes?select=a:id,title::text,meta-%3Ea,author(name,friends(name)),"b,%20c"',
      { selected: ['id', 'title', 'meta', 'b, c'] },
    ],
    ['/notes?author.name=eq.a&and=(id.eq.1)', { filtered: [] }],
    ['/rpc/publish?id=1', { name: 'publish', isFunction: true, filtered: [] }],
    ['/', { name: '' }],
    ['/order%20items', { name: 'order items' }],
    ['/caf%C3%A9?caf%C3%A9=eq.1', { name: 'café', filtered: ['café'] }],
    ['//', { name: '/' }],
    ['//[', { name: '/[' }],
    ['/%ff%', { name: '\ufffd%' }],
    ['/notes?title=eq.a?b&select=id', { filtered: ['title'], selected: ['id'] }],
  ])('%s tells what it needs', (target, expected) => {
    expect(readTarget(target)).toMatchObject(expected);
  });

  it.each(['/notes', '/notes?select=*', '/notes?select=id,*'])('%s asks for every column', (target) => {
    expect(readTarget(target)).not.toHaveProperty('selected');
  });
});

describe('a rejected request is explained by', () => {
  const denied = 'permission denied for table notes';

  it.each([
    ['anon', 'DELETE /notes?id=eq.1', ['anon has no grant to delete api.notes']],
    ['member', 'DELETE /notes?id=eq.1', ['member has no grant to delete api.notes']],
    ['editor', 'DELETE /notes?id=eq.1', ['editor has no grant to delete api.notes']],
    ['anon', 'PUT /notes?id=eq.1', ['anon has no grant to insert or update api.notes']],
    [
      'anon',
      'GET /notes',
      ['anon may select only id, title of api.notes, and a request without `select` asks for every column'],
    ],
    ['anon', 'GET /notes?select=id,owner', ['anon may select only id, title of api.notes, not owner']],
    ['anon', 'GET /notes?select=id&owner=eq.1', ['anon may select only id, title of api.notes, not owner']],
  ])('a missing grant of %s: %s', (role, request, expected) => {
    expect(explain(role, request, denied)).toEqual(expected);
  });

  it('a grant to select that a filter needs', () => {
    expect(explain('anon', 'POST /inbox?id=eq.1', 'permission denied for table inbox')).toEqual([
      'anon has no grant to select api.inbox, which it filters by id',
    ]);
  });

  it('a missing declaration', () => {
    expect(explain('member', 'GET /drafts', 'permission denied for table drafts')).toEqual([
      'drafts is not declared, so no role may use it',
    ]);
    expect(explain('member', 'POST /rpc/erase', 'permission denied for function erase')).toEqual([
      'function erase is not declared, so no role may call it',
    ]);
    expect(explain('guest', 'GET /notes', 'permission denied to set role "guest"')).toEqual([
      'guest is not a declared role',
    ]);
  });

  it('a function that is for other roles', () => {
    expect(explain('member', 'POST /rpc/publish', 'permission denied for function publish')).toEqual([
      'member may not call publish; declared for editor',
    ]);
  });

  it('a table that a view rests on', () => {
    expect(explain('anon', 'GET /summary', 'permission denied for table plans')).toEqual([
      'the request needs it too: anon has no grant to select internal.plans',
    ]);
  });

  it('the policies that allow other rows', () => {
    const message = 'new row violates row-level security policy for table "notes"';
    expect(explain('member', 'POST /notes', message)).toEqual([
      'member may insert only rows of api.notes that a policy allows: own-rows (owner by the claim sub)',
    ]);
    expect(explain('anon', 'POST /notes', message)).toEqual(['no policy lets anon insert rows of api.notes']);
  });

  it('its token, where PostgREST knows no role', () => {
    expect(explain(undefined, 'GET /notes')).toEqual([
      'PostgREST rejected the token: `secured-postgrest token verify` explains why',
    ]);
  });

  it('a missing token, where no anonymous role is declared', () => {
    const closed = { ...declaration };
    delete closed.anonymous;
    expect(explainRefusal(closed, { method: 'GET', target: '/notes', status: 401 })).toEqual([
      'PostgREST rejected the token, or the request has none and no anonymous role is declared: `secured-postgrest token verify` explains why',
    ]);
  });

  it('a table whose name has a space', () => {
    expect(explain('member', 'GET /order%20items', 'permission denied for table order items')).toEqual([
      'order items is not declared, so no role may use it',
    ]);
  });

  it('nothing where the declaration allows it: the message of Postgres stands alone', () => {
    expect(explain('member', 'GET /notes', 'permission denied for sequence notes_id_seq')).toEqual([]);
    expect(explain('member', 'GET /notes', 'the token is not valid here: the claim "exp" is missing')).toEqual([]);
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
      'rejected: a request, GET /notes: 401\n  PostgREST rejected the token: `secured-postgrest token verify` explains why',
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
