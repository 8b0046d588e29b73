import { element } from './elements.js';

/** Does something, and shows what went wrong. */
export async function attempt(action) {
  element('problem').textContent = '';
  try {
    await action();
  } catch (error) {
    element('problem').textContent = error.message;
  }
}

export function report(text) {
  element('status').textContent = text;
}
