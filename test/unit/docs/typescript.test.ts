import { expect, it } from 'vitest';
import { examples } from '../../support/docs/examples.ts';
import { allBlocks } from '../../support/docs/markdown.ts';
import { typeErrors } from '../../support/docs/type-check.ts';

it("the pages' TypeScript and the sources' examples compile", { timeout: 120_000 }, () => {
  const blocks = allBlocks('ts');
  const comments = examples();
  expect(blocks.length).toBeGreaterThan(15);
  expect(comments.length).toBeGreaterThan(30);
  // Shows that an error would be seen.
  const wrong = { place: 'wrong', text: "tenant({ to: 'member', column: 'id', claim: 'id', type: 'integer' });" };
  expect(typeErrors([...blocks, ...comments, wrong])).toEqual([
    expect.stringMatching(/^wrong: Type '"integer"' is not assignable/),
  ]);
});
