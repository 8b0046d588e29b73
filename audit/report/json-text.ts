import { escapeUnseen } from '../../errors/visible.ts';

/** JSON with indented lines, in which every character can be seen. */
export function jsonText(value: unknown): string {
  // Line breaks within texts are escaped by now: those that are left are between values.
  const lines = JSON.stringify(value, undefined, 2).split('\n');
  return `${lines.map(escapeUnseen).join('\n')}\n`;
}
