import { describe, expect, it } from 'vitest';
import { rowsPath, spellOut } from '../../../explorer/page/query.js';

describe('the path of rows', () => {
  it('names the columns and a limit', () => {
    expect(rowsPath('todos', { columns: ['id', 'title'], limit: 50 })).toBe('/todos?select=id,title&limit=50');
  });

  it('has filters, an order and an offset', () => {
    const path = rowsPath('todos', {
      columns: ['id'],
      filters: [
        { column: 'id', operator: '=', value: '1' },
        { column: 'title', operator: 'ilike', value: '*milk*' },
        { column: 'done', operator: 'is not', value: 'null' },
        { column: 'tag', operator: 'in', value: 'a, b c' },
      ],
      order: { column: 'id', descending: true },
      limit: 50,
      offset: 100,
    });
    expect(path).toBe(
      '/todos?select=id&id=eq.1&title=ilike.*milk*&done=not.is.null&tag=in.(a,%22b%20c%22)&order=id.desc&limit=50&offset=100',
    );
  });

  it('quotes names, and encodes what is written', () => {
    const path = rowsPath('order items', {
      columns: ['a "b", c'],
      filters: [{ column: 'ownerId.x', operator: '=', value: '50% & more' }],
      limit: 1,
    });
    expect(path).toBe(
      '/order%20items?select=%22a%20%5C%22b%5C%22,%20c%22&%22ownerId.x%22=eq.50%25%20%26%20more&limit=1',
    );
  });
});

describe('a filter of a request', () => {
  it.each([
    ['1', 'eq.1'],
    ['= 1', 'eq.1'],
    ['=1', 'eq.1'],
    ['buy milk', 'eq.buy milk'],
    ['>= 2026-01-01', 'gte.2026-01-01'],
    ['<> a', 'neq.a'],
    ['!= a', 'neq.a'],
    ['null', 'is.null'],
    ['eq.1', 'eq.1'],
    ['not.in.(1,2)', 'not.in.(1,2)'],
    ['like(any).{a*,b*}', 'like(any).{a*,b*}'],
    ['fts(english).milk', 'fts(english).milk'],
    ['eq', 'eq.eq'],
    ['example.org', 'eq.example.org'],
    ['', 'eq.'],
  ])('%s is %s', (written, spelled) => {
    expect(spellOut(written)).toBe(spelled);
  });
});
