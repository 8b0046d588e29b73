import { describe, expect, it } from 'vitest';
import { narrowSpec, type OwnPart, type Spec } from '../../../explorer/narrow-spec.ts';

const ref = (name: string) => ({ $ref: `#/parameters/${name}` });
const filters = ['id', 'title', 'owner'].map((column) => ref(`rowFilter.notes.${column}`));

/** As PostgREST 12.0.2 writes it. */
const spec = {
  swagger: '2.0',
  paths: {
    '/': { get: {} },
    '/notes': {
      get: { parameters: [...filters, ref('select'), ref('limit')], responses: {} },
      post: { parameters: [ref('body.notes'), ref('select'), ref('preferPost')] },
      patch: { parameters: [...filters, ref('body.notes'), ref('preferReturn')] },
      delete: { parameters: [...filters, ref('preferReturn')] },
    },
    '/others': { get: {} },
    '/rpc/count_notes': { get: {}, post: { parameters: [{ name: 'args', schema: {} }] } },
    '/rpc/add_note': { get: {}, post: {} },
  },
  parameters: {
    select: { name: 'select', in: 'query' },
    limit: { name: 'limit', in: 'query' },
    preferPost: { name: 'Prefer', in: 'header' },
    preferReturn: { name: 'Prefer', in: 'header' },
    'body.notes': { name: 'notes', in: 'body', schema: { $ref: '#/definitions/notes' } },
    'rowFilter.notes.id': { name: 'id', in: 'query' },
    'rowFilter.notes.title': { name: 'title', in: 'query' },
    'rowFilter.notes.owner': { name: 'owner', in: 'query' },
  },
  definitions: {
    notes: {
      type: 'object',
      properties: { id: { type: 'integer' }, title: { type: 'string' }, owner: { type: 'string' } },
      required: ['id', 'title', 'owner'],
    },
    others: { properties: {} },
  },
} satisfies Spec;

const notes = { schema: 'api', name: 'notes' };
const all = { select: 'all', insert: 'all', update: 'all', delete: 'all' } as const;

const narrow = (tables: OwnPart['tables'], functions: OwnPart['functions'] = []) =>
  narrowSpec(spec, { tables, functions });

describe('a description is narrowed to what a role may do:', () => {
  it('all of it stays for who may do all, without tables that nobody granted', () => {
    const { paths, definitions } = narrow([{ ...notes, columns: all }]);
    expect(Object.keys(paths)).toEqual(['/', '/notes', '/rpc/add_note', '/rpc/count_notes']);
    expect(paths['/notes']!['get']).toEqual(spec.paths['/notes'].get);
    expect(paths['/notes']!['post']!.parameters![0]).toMatchObject({ schema: spec.definitions.notes });
    expect(paths['/rpc/count_notes']).toEqual(spec.paths['/rpc/count_notes']);
    expect(definitions).toEqual({ notes: spec.definitions.notes });
  });

  it('operations without a grant go', () => {
    const { paths } = narrow([{ ...notes, columns: { select: 'all', delete: 'all' } }]);
    expect(Object.keys(paths['/notes']!)).toEqual(['get', 'delete']);
  });

  it('columns without a grant go, and the others are asked for', () => {
    const { paths, definitions } = narrow([{ ...notes, columns: { select: ['id', 'title'] } }]);
    expect(paths['/notes']!['get']!.parameters).toEqual([
      ref('rowFilter.notes.id'),
      ref('rowFilter.notes.title'),
      { name: 'select', in: 'query', default: 'id,title' },
      ref('limit'),
    ]);
    expect(definitions!['notes']).toMatchObject({
      properties: { id: { type: 'integer' }, title: { type: 'string' } },
      required: ['id', 'title'],
    });
  });

  it('what is written has only columns that may be', () => {
    const columns = { select: ['id'], insert: ['title', 'owner'], update: ['title'] } as const;
    const { paths } = narrow([{ ...notes, columns }]);
    const body = (method: string) => paths['/notes']![method]!.parameters!.find(({ schema }) => schema)!.schema;
    expect(body('post')).toEqual({
      type: 'object',
      properties: { title: { type: 'string' }, owner: { type: 'string' } },
      required: ['title', 'owner'],
    });
    expect(body('patch')).toEqual({ type: 'object', properties: { title: { type: 'string' } } });
  });

  it('who may only write reads nothing', () => {
    const { paths, definitions } = narrow([{ ...notes, columns: { insert: ['title'], delete: 'all' } }]);
    const names = (method: string) => paths['/notes']![method]!.parameters!.map((parameter) => parameter.$ref);
    expect(names('post')).toEqual([undefined, '#/parameters/preferPost']);
    expect(names('delete')).toEqual(['#/parameters/preferReturn']);
    expect(definitions).toEqual({});
  });

  it('nothing stays but functions where nothing is granted', () => {
    expect(Object.keys(narrow([]).paths)).toEqual(['/', '/rpc/add_note', '/rpc/count_notes']);
  });

  it('a function that reads is called by GET, one that writes by POST, one of which nothing is known by both', () => {
    const { paths } = narrow([], [{ name: 'count_notes', reads: true }]);
    expect(paths['/rpc/count_notes']).toEqual({ get: {} });
    expect(Object.keys(paths['/rpc/add_note']!)).toEqual(['get', 'post']);
    const { paths: known } = narrow([], [{ name: 'add_note', reads: false }]);
    expect(known['/rpc/add_note']).toEqual({ post: {} });
  });
});
