import { describe, expect, it } from 'vitest';
import { readTarget } from '../../../../../access/why/request/request-target.ts';

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
