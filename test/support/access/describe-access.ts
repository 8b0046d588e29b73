import { describe, expect, it } from 'vitest';
import type { Declaration } from '../../../declaration/types.ts';
import { tokenAnswers } from '../answers.ts';
import { checkAccess, type AccessCase } from './access-case.ts';
import { columnDifferences } from './column-matrix.ts';
import { checkMatrixEntry, matrixEntries, type RowMatrix } from './row-matrix.ts';
import { checkToken, tokenCases, type TokenApi, type TokenTarget } from './token-cases.ts';

/** What is known of an example's access, beside its declaration. */
export interface ExampleAccess {
  readonly cases: readonly AccessCase[];
  readonly matrix: RowMatrix;
  /** A request that an honest token may make. */
  readonly target: TokenTarget;
  /** Version of the PostgREST that runs. */
  readonly version: string;
}

/**
 * Declares a test for each thing that is known of an example's access. They hold for any API that is made from the
 * declaration and filled with the seed, in any order, and leave the data as they found it.
 *
 * @param api answers the API once it runs
 */
export function describeAccess(
  api: () => TokenApi,
  declaration: Declaration,
  { cases, matrix, target, version }: ExampleAccess,
): void {
  it.each(cases)('$name', (accessCase) => checkAccess(api(), accessCase));

  describe('everybody reaches exactly the declared rows:', () => {
    it.each(matrixEntries(matrix))('$command on $table', (entry) => checkMatrixEntry(api(), matrix, entry));
  });

  it('every role has exactly the declared grants on columns', async () => {
    expect(await columnDifferences(api(), declaration, matrix.subjects)).toEqual([]);
  });

  describe('a token gains nothing:', () => {
    it.each(tokenCases(declaration, tokenAnswers(version)))('$name', (tokenCase) =>
      checkToken(api(), declaration, target, tokenCase),
    );
  });
}
