/** Operators of a filter, as they are read, with PostgREST's. */
export const OPERATORS = {
  '=': 'eq',
  '≠': 'neq',
  '<': 'lt',
  '≤': 'lte',
  '>': 'gt',
  '≥': 'gte',
  like: 'like',
  ilike: 'ilike',
  in: 'in',
  is: 'is',
  'is not': 'not.is',
};

/** The path with which a table's rows are read. */
export function rowsPath(table, { columns, filters = [], order, limit, offset = 0 }) {
  const parameters = [
    ...(columns === undefined ? [] : [['select', columns.map(quoteName).join(',')]]),
    ...filters.map(({ column, operator, value }) => [quoteName(column), filterText(OPERATORS[operator], value)]),
    ...(order === undefined ? [] : [['order', `${quoteName(order.column)}.${order.descending ? 'desc' : 'asc'}`]]),
    ['limit', String(limit)],
    ...(offset === 0 ? [] : [['offset', String(offset)]]),
  ];
  const query = parameters.map(([name, value]) => `${encode(name)}=${encode(value)}`).join('&');
  return `/${encodeURIComponent(table)}?${query}`;
}

function filterText(operator, value) {
  if (operator !== 'in') return `${operator}.${value}`;
  const members = value.split(',').map((member) => member.trim());
  return `in.(${members.map((member) => (/^[\w.:+-]*$/.test(member) ? member : quote(member))).join(',')})`;
}

const quoteName = (name) => (/^\w+$/.test(name) ? name : quote(name));
const quote = (text) => `"${text.replaceAll(/["\\]/g, '\\$&')}"`;
/** Commas and the like are legible in a query (RFC 3986, 3.4). */
const encode = (text) => encodeURIComponent(text).replaceAll(/%(2C|28|29|3A)/gi, decodeURIComponent);

const WRITTEN = { '=': 'eq', '==': 'eq', '!=': 'neq', '<>': 'neq', '<': 'lt', '<=': 'lte', '>': 'gt', '>=': 'gte' };
const FILTER =
  /^(not\.)?(eq|neq|gte?|lte?|i?like|i?match|in|is|isdistinct|i?fts|plfts|phfts|wfts|cs|cd|ov|sl|sr|nxr|nxl|adj)(\((any|all|\w+)\))?\./;

/** A filter's value as PostgREST reads it: `1`, `= 1` and `eq.1` are the same. */
export function spellOut(value) {
  if (FILTER.test(value)) return value;
  const [, sign = '=', rest] = /^\s*(==?|!=|<>|<=|>=|<|>)?\s*(.*?)\s*$/s.exec(value);
  return rest === 'null' && sign === '=' ? 'is.null' : `${WRITTEN[sign]}.${rest}`;
}
