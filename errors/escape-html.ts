import { visible } from './visible.ts';

/** Escapes a text for HTML and XML: in an element, and in an attribute within quotes. */
export function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}

/** A text on one line as HTML, with escapes in place of what cannot be seen. */
export function visibleHtml(text: string): string {
  return escapeHtml(visible(text));
}
