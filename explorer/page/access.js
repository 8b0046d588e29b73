import { element, make } from './elements.js';
import { ask } from './server.js';

const COMMANDS = ['select', 'insert', 'update', 'delete'];
/** More keys than these are counted only: nobody reads a thousand. */
const SHOWN_KEYS = 100;

/** Measures who reaches which rows, and shows it. */
export async function showAccess() {
  const { subjects, relations } = await ask('/access');
  const sections = [...relations].sort((a, b) => (nameOf(a) < nameOf(b) ? -1 : 1));
  element('access').replaceChildren(...sections.map((relation) => section(relation, subjects)));
}

const nameOf = ({ schema, name }) => `${schema}.${name}`;

function section(relation, subjects) {
  const { rows, truncated, cells } = relation;
  const size = truncated ? `the first ${rows} rows` : rows === 1 ? '1 row' : `${rows} rows`;
  const lines = subjects.map((subject) =>
    make(
      'tr',
      {},
      make('th', { scope: 'row', textContent: subject }),
      ...COMMANDS.map((command) =>
        data(
          cells.find((cell) => cell.subject === subject && cell.command === command),
          relation,
        ),
      ),
    ),
  );
  const headings = ['role', ...COMMANDS].map((textContent) => make('th', { scope: 'col', textContent }));
  return make(
    'section',
    {},
    make('h2', {}, `${nameOf(relation)} `, make('small', { textContent: size })),
    make('table', {}, make('thead', {}, make('tr', {}, ...headings)), make('tbody', {}, ...lines)),
  );
}

function data({ command, reach, declared }, { rows }) {
  const properties = { 'data-command': command };
  if ('refused' in reach) {
    return make('td', { ...properties, className: 'refused', title: `refused: ${reach.refused}` }, '–');
  }
  const reached = reach.rows.length;
  const text = reached === 0 ? '0' : rows === 0 ? 'new' : reached === rows ? `all ${rows}` : `${reached} of ${rows}`;
  const keys = reach.rows.slice(0, SHOWN_KEYS).map((textContent) => make('li', { textContent }));
  if (reached > SHOWN_KEYS) keys.push(make('li', { textContent: `and ${reached - SHOWN_KEYS} more` }));
  const summary = make('summary', {}, text);
  if (!declared) summary.append(' ', make('span', { className: 'flag', textContent: 'not declared' }));
  const cell = make('td', properties, make('details', {}, summary, make('ul', {}, ...keys)));
  if (reach.columns.length > 0) cell.firstChild.append(make('p', { textContent: reach.columns.join(', ') }));
  cell.style.setProperty('--share', `${rows === 0 ? 0 : Math.round((Math.min(reached, rows) / rows) * 100)}%`);
  return cell;
}
