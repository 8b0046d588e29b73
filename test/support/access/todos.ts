import type { AccessCase, AccessStep, Subject } from './access-case.ts';
import { denied, hiddenSchema, rowRefused } from './errors.ts';
import type { RowMatrix } from './row-matrix.ts';

export const ann: Subject = { role: 'todos_user', claims: { user_id: 1 } };
const ben: Subject = { role: 'todos_user', claims: { user_id: 2 } };
/** Of whom the seed has nothing. */
const cleo: Subject = { role: 'todos_user', claims: { user_id: 3 } };
/** A token that says nothing of a user. */
const nobody: Subject = { role: 'todos_user', claims: {} };

const representation = { Prefer: 'return=representation' };
const exactly = { Prefer: 'count=exact' };

const removed = (title: string, as = ann): AccessStep => ({
  as,
  request: `DELETE /todos?title=like.${title}*`,
  status: 204,
});

export const todosMatrix: RowMatrix = {
  subjects: { anonymous: undefined, ann, ben, cleo, nobody },
  tables: {
    todos: {
      rows: { milk: 'title=eq.buy milk', plants: 'title=eq.water the plants', bank: 'title=eq.call the bank' },
      text: 'title',
      change: { done: true },
      candidates: { own: { title: 'tried', done: true }, of1: { title: 'tried', user_id: 1 } },
      reached: {
        anonymous: { select: ['plants'] },
        ann: { select: ['milk', 'plants'], insert: ['own'], update: ['milk', 'plants'], delete: ['milk', 'plants'] },
        ben: { select: ['plants', 'bank'], insert: ['own'], update: ['bank'], delete: ['bank'] },
        cleo: { select: ['plants'], insert: ['own'] },
        nobody: { select: ['plants'] },
      },
    },
  },
};

export const todosCases: readonly AccessCase[] = [
  {
    name: 'anonymous reads what is public, in the granted columns',
    steps: [
      {
        request: 'GET /todos?select=title,done',
        headers: exactly,
        status: [200, 206],
        answer: [{ title: 'water the plants', done: true }],
        range: '0-0/1',
      },
      { request: 'GET /todos?select=title&title=eq.buy milk', headers: exactly, status: 200, answer: [], range: '*/0' },
      { request: 'GET /todos', status: 401, error: denied('todos') },
      { request: 'GET /todos?select=user_id', status: 401, error: denied('todos') },
      { request: 'GET /todos?select=title&user_id=eq.1', status: 401, error: denied('todos') },
      { request: 'GET /todos?select=title&order=user_id', status: 401, error: denied('todos') },
    ],
  },
  {
    name: 'anonymous writes nothing',
    steps: [
      { request: 'POST /todos', body: { title: 'x' }, status: 401, error: denied('todos') },
      { request: 'PATCH /todos?title=not.is.null', body: { done: true }, status: 401, error: denied('todos') },
      { request: 'PUT /todos?id=eq.1', body: { id: 1, title: 'x' }, status: [400, 401] },
      { request: 'DELETE /todos?title=not.is.null', status: 401, error: denied('todos') },
    ],
  },
  {
    name: 'a user reads their own and what is public, filtered, ordered and counted',
    steps: [
      {
        as: ann,
        request: 'GET /todos?select=user_id,title&order=title.desc',
        headers: exactly,
        status: 200,
        answer: [
          { user_id: 1, title: 'water the plants' },
          { user_id: 1, title: 'buy milk' },
        ],
        range: '0-1/2',
      },
      { as: ann, request: 'GET /todos?user_id=eq.2', headers: exactly, status: 200, answer: [], range: '*/0' },
      { as: ben, request: 'HEAD /todos', headers: exactly, status: 200, range: '0-1/2' },
      { as: cleo, request: 'GET /todos?select=title', status: 200, answer: [{ title: 'water the plants' }] },
      { as: nobody, request: 'GET /todos?select=title', status: 200, answer: [{ title: 'water the plants' }] },
    ],
  },
  {
    name: 'a new row is the one of whom the token names, and nobody else can be named',
    steps: [
      {
        as: ann,
        request: 'POST /todos?select=user_id,title,done,public',
        headers: representation,
        body: { title: 'new: one' },
        status: 201,
        answer: [{ user_id: 1, title: 'new: one', done: false, public: false }],
      },
      {
        as: ann,
        request: 'POST /todos?select=user_id,title&columns=title,done',
        headers: representation,
        body: [
          { title: 'new: two', done: false },
          { title: 'new: three', done: true, user_id: 2 },
        ],
        status: 201,
        answer: [
          { user_id: 1, title: 'new: two' },
          { user_id: 1, title: 'new: three' },
        ],
      },
      { as: ann, request: 'POST /todos', body: { title: 'new: x', user_id: 2 }, status: 403, error: denied('todos') },
      {
        as: ann,
        request: 'POST /todos',
        body: [{ title: 'new: y', user_id: 1 }],
        status: 403,
        error: denied('todos'),
      },
      { as: nobody, request: 'POST /todos', body: { title: 'new: z' }, status: 403, error: rowRefused('todos') },
      { as: ben, request: 'GET /todos?title=like.new*', status: 200, answer: [] },
    ],
    cleanUp: [removed('new')],
  },
  {
    name: 'a user changes and deletes their own rows only',
    steps: [
      { as: ann, request: 'POST /todos', body: { title: 'mine', public: true }, status: 201 },
      {
        as: ben,
        request: 'PATCH /todos?title=eq.mine',
        headers: representation,
        body: { done: true },
        status: 200,
        answer: [],
      },
      { as: ben, request: 'DELETE /todos?title=eq.mine', headers: representation, status: 200, answer: [] },
      {
        as: ben,
        request: 'PATCH /todos?title=eq.buy milk',
        headers: { Prefer: 'return=representation,count=exact' },
        body: { title: 'x' },
        status: 200,
        answer: [],
        range: '*/0',
      },
      {
        as: ben,
        request: 'DELETE /todos?user_id=eq.1',
        headers: { Prefer: 'count=exact' },
        status: 204,
        range: '*/0',
      },
      {
        as: ann,
        request: 'PATCH /todos?title=eq.mine&select=title,done,public',
        headers: representation,
        body: { done: true },
        status: 200,
        answer: [{ title: 'mine', done: true, public: true }],
      },
      { as: ann, request: 'PATCH /todos?title=eq.mine', body: { user_id: 2 }, status: 403, error: denied('todos') },
      {
        as: ann,
        request: 'DELETE /todos?title=eq.mine&select=title',
        headers: representation,
        status: 200,
        answer: [{ title: 'mine' }],
      },
      { as: ann, request: 'GET /todos?title=eq.mine', status: 200, answer: [] },
    ],
    cleanUp: [removed('mine')],
  },
  {
    name: 'an upsert cannot take a row by its key',
    steps: [
      // The key is an identity column that nobody may write.
      { as: ben, request: 'PUT /todos?id=eq.1', body: { id: 1, title: 'x' }, status: 400 },
      {
        as: ben,
        request: 'POST /todos?on_conflict=id',
        headers: { Prefer: 'resolution=merge-duplicates' },
        body: { id: 1, title: 'x' },
        status: 400,
      },
      { as: ann, request: 'GET /todos?select=title&title=eq.buy milk', status: 200, answer: [{ title: 'buy milk' }] },
    ],
  },
  {
    name: 'schemas that are not exposed are not served',
    steps: [
      {
        as: ann,
        request: 'GET /migrations',
        headers: { 'Accept-Profile': 'todos_private' },
        status: 406,
        error: hiddenSchema('api'),
      },
      {
        as: ann,
        request: 'POST /rpc/claim',
        headers: { 'Content-Profile': 'todos_private' },
        body: {},
        status: 406,
        error: hiddenSchema('api'),
      },
      {
        request: 'GET /pg_roles',
        headers: { 'Accept-Profile': 'pg_catalog' },
        status: 406,
        error: hiddenSchema('api'),
      },
      { as: ann, request: 'GET /rpc/claim', status: 404 },
      { as: ann, request: 'GET /rpc/pre_request', status: 404 },
    ],
  },
  {
    name: 'the description shows each role what it may use',
    steps: [
      { request: 'GET /', status: 200, paths: ['/', '/todos'] },
      { as: ann, request: 'GET /', status: 200, paths: ['/', '/todos'] },
    ],
  },
  {
    name: 'query plans are not shown',
    steps: [
      {
        as: ann,
        request: 'GET /todos',
        headers: { Accept: 'application/vnd.pgrst.plan+json' },
        status: [406, 415],
        error: { code: 'PGRST107', message: /^None of these media types are available/ },
      },
    ],
  },
];
