import { beforeAll, describe, expect, it } from 'vitest';
import type { Declaration } from '../../declaration/types.ts';
import type { AccessCell, AccessMatrix } from '../../access/matrix.ts';
import { COMMANDS } from '../../declaration/commands.ts';
import { sampleSubjects, type Subjects } from '../../access/subjects.ts';
import { startSource, type SourceOptions } from '../source.ts';

export interface AccessTestOptions extends SourceOptions {
  /**
   * Subjects by name; undefined stands for requests without a token.
   * @default one of each role, with samples of the claims that its policies read
   */
  readonly subjects?: Subjects;
  /** Gets the matrix when it is measured, to print it or to write it to a file. @default nobody */
  readonly onMatrix?: (matrix: AccessMatrix) => void | Promise<void>;
}

/** Servers start and each table is measured: on a busy machine that takes longer than vitest waits for a hook. */
const MEASURE_MS = 300_000;

/**
 * Declares a test for each table and view, subject and command: what is not declared is refused, and what is reached is
 * what it was when the snapshot was written (`vitest --update` writes it anew). A policy or a grant that grows by accident,
 * and a seed row that somebody suddenly sees, fails the test that has its name.
 *
 * @example
 * describeAccess(declaration, {
 *   seed: [{ file: 'seed.sql', sql: seed }],
 *   subjects: { anonymous: undefined, ann: { role: 'todos_user', claims: { user_id: 1 } } },
 *   onMatrix: (matrix) => writeFileSync('access.html', matrixHtml(matrix)),
 * });
 */
export function describeAccess(declaration: Declaration, options: AccessTestOptions = {}): void {
  const { subjects = sampleSubjects(declaration), onMatrix, ...sourceOptions } = options;
  describe(`access to ${declaration.name}`, () => {
    let matrix: AccessMatrix;

    beforeAll(async () => {
      const source = await startSource(declaration, sourceOptions);
      try {
        matrix = await source.access(subjects);
      } finally {
        await source.stop();
      }
      await onMatrix?.(matrix);
    }, MEASURE_MS);

    const names = [...declaration.tables, ...declaration.views].map(({ schema, name }) => ({ schema, name }));
    for (const [index, { schema, name }] of names.entries()) {
      for (const [position, title] of titles(subjects).entries()) {
        it(`${title} on ${schema}.${name}`, () => {
          const cell = matrix.relations[index]!.cells[position]!;
          if (!cell.declared) expect(cell.reach, 'nothing of this is declared').toHaveProperty('refused');
          expect(shown(cell)).toMatchSnapshot();
        });
      }
    }
  });
}

function titles(subjects: Subjects): string[] {
  return Object.keys(subjects).flatMap((subject) => COMMANDS.map((command) => `${subject}: ${command}`));
}

/** Part of a cell that a snapshot holds: rows and columns. */
function shown({ reach }: AccessCell): object {
  if ('refused' in reach) return { refused: reach.refused };
  const { rows, columns } = reach;
  return { rows, ...(columns.length > 0 && { columns }) };
}
