import { readdirSync, readFileSync } from 'node:fs';
import { beforeAll, describe, expect, it } from 'vitest';
import { entryPoints, FOLDER, publicApi } from '../../scripts/public-api.mjs';

/** Each change of the public surface is a change of a file in `docs/public-api`, so reviews see it. */
describe('docs/public-api', () => {
  const reports = entryPoints().map(({ report }) => report);
  let current: Map<string, string>;

  beforeAll(async () => {
    current = await publicApi();
  }, 120_000);

  it('has a report for each entry point, and no other', () => {
    expect(reports).toHaveLength(10);
    expect(readdirSync(FOLDER).sort()).toEqual(reports.toSorted());
  });

  it.each(reports)('%s shows what the entry point exports now; `npm run public-api` writes it', (report) => {
    expect(readFileSync(FOLDER + report, 'utf8')).toBe(current.get(report));
  });

  it('shows functions, and the types in them that nobody can import, but no private member', () => {
    expect(current.get('declaration.txt')).toMatch(
      /^export declare function declare<.*>\(\s*\w+: DeclarationInput<.*>,?\s*\): Declaration;$/m,
    );
    expect(current.get('testing.txt')).toContain('interface ServerUser');
    expect([...current.values()].join('')).not.toMatch(/^ *(private |#)/m);
  });
});
