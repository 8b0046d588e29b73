import { cellText, headingOf, isUndeclared } from './cell.ts';
import { COMMANDS } from '../../declaration/commands.ts';
import { visible } from '../../errors/visible.ts';
import type { AccessMatrix, RelationAccess } from '../matrix.ts';

export interface MatrixTextOptions {
  /** Colors for a terminal, as escape sequences. @default false */
  readonly color?: boolean;
}

/** Codes of ECMA-48, "Select Graphic Rendition". */
const STYLES = { plain: 0, bold: 1, dim: 2, red: 31 };

interface Part {
  readonly text: string;
  readonly style: keyof typeof STYLES;
}

const dim = (text: string): Part => ({ text, style: 'dim' });

const LEGEND = [
  'select, update, delete: rows that are reached; insert: rows of which a copy may be added',
  '–  refused',
  '!  works, and is not declared',
];

/**
 * A matrix as a text for a terminal: a block for each table and view, a line in it for each subject.
 *
 * @example
 * console.log(matrixText(matrix, { color: process.stdout.isTTY }));
 */
export function matrixText(matrix: AccessMatrix, { color = false }: MatrixTextOptions = {}): string {
  const blocks = matrix.relations.map((relation) => linesOf(relation, matrix.subjects));
  const lines = blocks.flat();
  const widths = ['', ...COMMANDS].map((_, column) =>
    lines.reduce((most, line) => Math.max(most, widthOf(line[column]?.text ?? '')), 0),
  );
  const show = ({ text, style }: Part, width = 0) => {
    const padding = ' '.repeat(Math.max(width - widthOf(text), 0));
    return (color && style !== 'plain' ? `\x1b[${STYLES[style]}m${text}\x1b[0m` : text) + padding;
  };
  const shown = matrix.relations.map((relation, index) => {
    const [name, size] = headingOf(relation);
    const heading = `${show({ text: name, style: 'bold' })} ${show(dim(`(${size})`))}`;
    const rows = blocks[index]!.map((line) => line.map((part, column) => show(part, widths[column])));
    return [heading, ...rows.map((parts) => `  ${parts.join('  ')}`.trimEnd())].join('\n');
  });
  return [...shown, LEGEND.map((line) => show(dim(line))).join('\n')].join('\n\n');
}

function linesOf(relation: RelationAccess, subjects: readonly string[]): Part[][] {
  return [
    [dim(''), ...COMMANDS.map(dim)],
    ...subjects.map((subject) => {
      const cells = relation.cells.filter((cell) => cell.subject === subject);
      return [{ text: visible(subject), style: 'plain' } as const, ...cells.map((cell) => partOf(cell, relation))];
    }),
  ];
}

function partOf(cell: RelationAccess['cells'][number], relation: RelationAccess): Part {
  const text = cellText(cell, relation);
  if (isUndeclared(cell)) return { text: `${text} !`, style: 'red' };
  return { text, style: text === '–' || text === '0' ? 'dim' : 'plain' };
}

function widthOf(text: string): number {
  return [...text].length;
}
