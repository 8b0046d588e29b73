import { element, make } from './elements.js';
import { OPERATORS } from './query.js';

const list = element('filters');
let columns = [];

/**
 * Sets the columns that can be filtered by.
 *
 * @param wanted filters. @default those that are there, without those of other columns
 */
export function filters(known, wanted = readFilters()) {
  columns = known;
  list.replaceChildren(...wanted.filter(({ column }) => columns.includes(column)).map(line));
  element('add-filter').disabled = columns.length === 0;
}

export function readFilters() {
  return [...list.children].map((one) => {
    const [column, operator, value] = one.querySelectorAll('select, input');
    return { column: column.value, operator: operator.value, value: value.value };
  });
}

function line({ column = columns[0], operator = '=', value = '' }) {
  const options = (values) => values.map((text) => make('option', { textContent: text, value: text }));
  const remove = make('button', { type: 'button', textContent: 'Remove', 'aria-label': 'Remove the filter' });
  const made = make(
    'p',
    { className: 'filter' },
    make('select', { 'aria-label': 'Column' }, ...options(columns)),
    make('select', { 'aria-label': 'Operator' }, ...options(Object.keys(OPERATORS))),
    make('input', { 'aria-label': 'Value', value, autocomplete: 'off', spellcheck: false }),
    remove,
  );
  const [columnField, operatorField] = made.children;
  columnField.value = column;
  operatorField.value = operator;
  remove.addEventListener('click', () => {
    made.remove();
    element('rows-form').requestSubmit();
    element('add-filter').focus();
  });
  return made;
}

export function startFilters() {
  element('add-filter').addEventListener('click', () => {
    list.append(line({}));
    list.lastElementChild.querySelector('select').focus();
  });
}
