import { expect, it } from 'vitest';
import { readEmbeds } from '../../../../../access/why/request/embeds.ts';

it.each([
  ['*', []],
  ['id,title::text,data->a', []],
  ['id,count(),amount.sum()', []],
  ['*,tasks(*)', [{ name: 'tasks', target: 'tasks', inner: false, embeds: [] }]],
  ['tasks()', [{ name: 'tasks', target: 'tasks', inner: false, selected: [], embeds: [] }]],
  [
    'id, who:users!author_id!inner(name,email)',
    [{ name: 'who', target: 'users', hint: 'author_id', inner: true, selected: ['name', 'email'], embeds: [] }],
  ],
  ['...users!left(name)', [{ name: 'users', target: 'users', inner: false, selected: ['name'], embeds: [] }]],
  ['"order items"(*)', [{ name: 'order items', target: 'order items', inner: false, embeds: [] }]],
  [
    'tasks(id,comments!inner(body,users(name)))',
    [
      {
        name: 'tasks',
        target: 'tasks',
        inner: false,
        selected: ['id'],
        embeds: [
          {
            name: 'comments',
            target: 'comments',
            inner: true,
            selected: ['body'],
            embeds: [{ name: 'users', target: 'users', inner: false, selected: ['name'], embeds: [] }],
          },
        ],
      },
    ],
  ],
])('the embedded resources of select=%s', (select, expected) => {
  expect(readEmbeds(select)).toEqual(expected);
});
