import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { advisoriesOf } from '../../../declaration/releases/releases.ts';
import { PAGE, renderPage } from '../../../scripts/versions.ts';
import { pages, read } from '../../support/docs/markdown.ts';

it('docs/versions.md has the lists that `npm run versions` writes', async () => {
  const page = readFileSync(PAGE, 'utf8');
  expect(page).toBe(await renderPage(page));
});

// A tag such as `postgres:18` is the newest release of its major version.
it('no page names an image with known advisories', () => {
  const images = pages.flatMap((page) =>
    [...read(page).matchAll(/\b(postgres|postgrest\/postgrest):v?(\d+(?:\.\d+)+)/g)].map(([image, name, version]) => ({
      page,
      image,
      advisories: advisoriesOf(name === 'postgres' ? 'PostgreSQL' : 'PostgREST', version!),
    })),
  );
  expect(images.length).toBeGreaterThan(0);
  expect(images.filter(({ advisories }) => advisories.length > 0)).toEqual([]);
});
