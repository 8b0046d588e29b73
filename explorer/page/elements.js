export const element = (id) => document.getElementById(id);

/** Makes an element with properties, attributes (`aria-…`, `data-…`, `scope`, `role`) and children. */
export function make(name, properties = {}, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(properties)) {
    if (value === undefined) continue;
    if (key in made && !key.includes('-')) made[key] = value;
    else made.setAttribute(key, value);
  }
  made.append(...children);
  return made;
}

/** Fills a select; the chosen value stays where it is still there. */
export function fill(select, values) {
  const before = select.value;
  select.replaceChildren(...values.map((value) => make('option', { textContent: value, value })));
  if (values.includes(before)) select.value = before;
}
