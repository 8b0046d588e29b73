import { element, fill, make } from './elements.js';
import { filters, readFilters } from './filters.js';
import { apiUrl, requestHeaders } from './identity.js';
import { attempt } from './messages.js';
import { rowsPath } from './query.js';
import { fetchWithSecret } from './server.js';

const PAGE_ROWS = 50;
const RANGE_NOT_SATISFIABLE = 416;

const table = element('table');
/** Columns by table that the role may read, from the description of the API. */
let tables = new Map();
let order;
let offset = 0;
/** The latest request: answers may come in another order. */
let latest = 0;

/** Takes over what the role may read now, and shows it. */
export async function describeRows(spec) {
  tables = new Map(
    Object.entries(spec.paths).flatMap(([path, operations]) => {
      const name = path.slice(1);
      const columns = Object.keys(spec.definitions?.[name]?.properties ?? {});
      return operations.get && columns.length > 0 ? [[name, columns]] : [];
    }),
  );
  const before = table.value;
  fill(table, [...tables.keys()]);
  if (table.value !== before) restart();
  else filters(columns());
  if (order !== undefined && !columns().includes(order.column)) order = undefined;
  await showRows();
}

const columns = () => tables.get(table.value) ?? [];

/** Another table: nothing of the last one's is kept. */
function restart() {
  [order, offset] = [undefined, 0];
  filters(columns(), []);
}

export async function showRows() {
  const number = ++latest;
  if (!tables.has(table.value)) return display([], 'This role may read no table of this schema.');
  const path = rowsPath(table.value, { columns: columns(), filters: readFilters(), order, limit: PAGE_ROWS, offset });
  element('rows-request').textContent = `GET ${apiUrl}${path}`;
  const started = performance.now();
  const response = await fetchWithSecret(`/api${path}`, {
    headers: { ...requestHeaders('GET'), Prefer: 'count=exact' },
  });
  const body = await response.json();
  if (number !== latest) return;
  // Fewer rows than before.
  if (response.status === RANGE_NOT_SATISFIABLE && offset > 0) {
    offset = 0;
    return showRows();
  }
  const time = `${Math.round(performance.now() - started)} ms`;
  if (!response.ok)
    return display([], `${response.status}: ${body.message}${body.code ? ` (${body.code})` : ''}, ${time}`, true);
  const [, range = 'none', total = '?'] = /^(?:(.*)|\*)\/(.*)$/.exec(response.headers.get('Content-Range')) ?? [];
  display(body, `${body.length === 0 ? 'No row' : `Rows ${shown(range)}`} of ${total}, ${time}`);
  element('next').disabled = !(offset + body.length < Number(total));
}

/** PostgREST counts from 0. */
const shown = (range) => range.replaceAll(/\d+/g, (number) => String(Number(number) + 1)).replace('-', ' to ');

function display(rows, text, isProblem = false) {
  element('rows-answer').textContent = text;
  element('rows-answer').classList.toggle('bad', isProblem);
  element('previous').disabled = offset === 0;
  element('next').disabled = true;
  const body = rows.map((row) => make('tr', {}, ...columns().map((column) => cell(row[column]))));
  element('rows').replaceChildren(
    make('thead', {}, make('tr', {}, ...columns().map(heading))),
    make('tbody', {}, ...body),
  );
}

/** How a column orders the rows now. */
function directionOf(column) {
  if (order?.column !== column) return undefined;
  return order.descending ? 'descending' : 'ascending';
}

function heading(column) {
  const button = make('button', { type: 'button', textContent: column });
  button.addEventListener('click', () => {
    // Up, down, and as Postgres returns them; also where the last answer has not come yet.
    const direction = directionOf(column);
    order = direction === 'descending' ? undefined : { column, descending: direction === 'ascending' };
    offset = 0;
    void attempt(async () => {
      await showRows();
      [...element('rows').querySelectorAll('th button')].find(({ textContent }) => textContent === column)?.focus();
    });
  });
  return make('th', { scope: 'col', 'aria-sort': directionOf(column) }, button);
}

function cell(value) {
  if (value === null || value === undefined) return make('td', { className: 'null', textContent: 'null' });
  const text = typeof value === 'object' ? JSON.stringify(value) : String(value);
  return make('td', { title: text, textContent: text });
}

export function startRows() {
  table.addEventListener('change', () => {
    restart();
    void attempt(showRows);
  });
  element('rows-form').addEventListener('submit', (event) => {
    event.preventDefault();
    offset = 0;
    void attempt(showRows);
  });
  for (const [id, step] of [
    ['previous', -PAGE_ROWS],
    ['next', PAGE_ROWS],
  ]) {
    element(id).addEventListener('click', () => {
      offset = Math.max(0, offset + step);
      void attempt(showRows);
    });
  }
}
