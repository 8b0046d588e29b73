import { element, make } from './elements.js';
import { ask } from './server.js';

const COMMANDS = ['select', 'insert', 'update', 'delete'];

/** Reads grants and policies, and shows the rule of each role, table and command in words. */
export async function showRules() {
  const { roles, relations } = await ask('/map');
  element('rules').replaceChildren(...relations.map((relation) => section(relation, roles)));
}

function section({ schema, name, kind, cells, columns }, roles) {
  const lines = roles.map((role) =>
    make(
      'tr',
      {},
      make('th', { scope: 'row', textContent: role.name }),
      ...cells.filter((cell) => cell.role === role.name).map((cell) => data(cell, columns)),
    ),
  );
  const headings = ['role', ...COMMANDS].map((textContent) => make('th', { scope: 'col', textContent }));
  return make(
    'section',
    {},
    make('h2', {}, `${schema}.${name} `, make('small', { textContent: kind })),
    make('table', {}, make('thead', {}, make('tr', {}, ...headings)), make('tbody', {}, ...lines)),
  );
}

function data({ command, reach, words, columns, grants, policies }, { length }) {
  if (reach === 'refused') {
    return make('td', { 'data-command': command, className: 'refused', title: words || 'no grant' }, '–');
  }
  const part = columns && columns.length < length ? ` (${columns.length} of ${length} columns)` : '';
  const sql = [...grants, ...policies.map((policy) => policy.sql)].map((text) => make('pre', { textContent: text }));
  return make('td', { 'data-command': command }, make('details', {}, make('summary', {}, `${words}${part}`), ...sql));
}
