import { describe, expect, it } from 'vitest';
import { explainRefusal } from '../../../../../access/why/declared/explain-refusal.ts';
import { declaration } from '../../../../support/access/refused-notes.ts';

const explain = (role: string | undefined, request: string, message?: string) => {
  const [method = '', target = ''] = request.split(' ');
  return explainRefusal(declaration, { ...(role && { role }), method, target, status: 403 }, message);
};

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
    [
      'member',
      'PATCH /notes?id=eq.1',
      ['member may update only title of api.notes; what the request sends and asks back is not in the log'],
    ],
    [
      'member',
      'PUT /notes?id=eq.1',
      ['member may update only title of api.notes; what the request sends and asks back is not in the log'],
    ],
    ['member', 'POST /notes', []],
  ])('a missing grant of %s: %s', (role, request, expected) => {
    expect(explain(role, request, denied)).toEqual(expected);
  });

  it('a grant to select that a filter needs', () => {
    expect(explain('anon', 'POST /inbox?id=eq.1', 'permission denied for table inbox')).toEqual([
      'anon has no grant to select api.inbox, which it filters by id',
    ]);
  });

  it('columns that a request may have asked back', () => {
    expect(explain('anon', 'POST /inbox', 'permission denied for table inbox')).toEqual([
      'anon may select no column of api.inbox; what the request sends and asks back is not in the log',
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
      'member may insert only rows of api.notes that a policy allows: "own_rows_insert_member": own-rows (owner by the claim sub)',
    ]);
    expect(explain('anon', 'POST /notes', message)).toEqual(['no policy lets anon insert rows of api.notes']);
  });

  it('its token, where PostgREST knows no role', () => {
    expect(explain(undefined, 'GET /notes')).toEqual(['PostgREST rejected the token; its answer says why']);
  });

  it('a missing token, where no anonymous role is declared', () => {
    const closed = { ...declaration };
    delete closed.anonymous;
    expect(explainRefusal(closed, { method: 'GET', target: '/notes', status: 401 })).toEqual([
      'PostgREST rejected the token, or the request has none and no anonymous role is declared; its answer says why',
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
