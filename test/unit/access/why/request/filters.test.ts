import { describe, expect, it } from 'vitest';
import { readFilters } from '../../../../../access/why/request/filters.ts';

const filters = (query: string) => readFilters(new URLSearchParams(query));

describe('readFilters', () => {
  it.each([
    ['id=eq.3', `"id" = '3'`],
    ['id=neq.3', `"id" <> '3'`],
    ['id=not.gte.3', `NOT ("id" >= '3')`],
    [`title=eq.it's`, `"title" = 'it''s'`],
    ['title=like.a*b', `"title" LIKE 'a%b'`],
    ['title=ilike(any).{a*,b*}', `("title" ILIKE 'a%' OR "title" ILIKE 'b%')`],
    ['done=is.true', '"done" IS TRUE'],
    ['due=not.is.null', 'NOT ("due" IS NULL)'],
    ['due=is.not_null', '"due" IS NOT NULL'],
    ['id=in.(1,"2,3")', `"id" IN ('1', '2,3')`],
    ['id=in.()', 'false'],
    ['id=isdistinct.3', `"id" IS DISTINCT FROM '3'`],
    ['data->>kind=eq.a', `("data" ->> 'kind') = 'a'`],
    ['data->0->>kind=eq.a', `("data" -> 0 ->> 'kind') = 'a'`],
    ['or=(id.eq.1,and(done.is.true,title.eq."a,b"))', `("id" = '1' OR ("done" IS TRUE AND "title" = 'a,b'))`],
    ['not.and=(id.eq.1,id.not.eq.2)', `NOT (("id" = '1' AND NOT ("id" = '2')))`],
  ])('translates %s', (query, sql) => {
    expect(filters(query)).toMatchObject({ conditions: [sql], notUnderstood: [] });
  });

  it('names the columns, and passes over what is no filter', () => {
    expect(
      filters('select=a,b&order=c&limit=1&offset=2&id=eq.1&or=(d.is.null,e.gt.2)&columns=x&on_conflict=y'),
    ).toEqual({
      conditions: [`"id" = '1'`, `("d" IS NULL OR "e" > '2')`],
      columns: ['id', 'd', 'e'],
      notUnderstood: [],
    });
  });

  it.each(['title=fts.milk', 'tasks.done=is.true', 'id=3', 'id=is.3', 'id=in.1,2', 'or=()', 'or=id.eq.1'])(
    'says that %s is not understood',
    (query) => {
      expect(filters(query)).toEqual({ conditions: [], columns: [], notUnderstood: [query] });
    },
  );
});
