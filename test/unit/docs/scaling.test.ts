import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { tables } from '../../../bench/scaling/page-tables.ts';
import { PAGE, readReport, renderPage } from '../../../bench/scaling/page.ts';

const page = readFileSync(PAGE, 'utf8');

it('docs/scaling.md has the tables that bench/scaling/page.ts writes from measured.json', async () => {
  expect(page).toBe(await renderPage(page, readReport()));
});

it('docs/scaling.md has every table once', () => {
  const shown = [...page.matchAll(/<!-- measured: ([a-z-]+) -->/g)].map(([, name]) => name);
  expect(shown.sort()).toEqual(Object.keys(tables).sort());
});

it('another figure is another page', async () => {
  const report = readReport();
  const [part] = report.parts;
  const doubled = part!.figures.map((figure) => ({
    ...figure,
    value: { ...figure.value, median: figure.value.median * 2 },
  }));
  expect(await renderPage(page, { ...report, parts: [{ ...part!, figures: doubled }] })).not.toBe(page);
});

it('a missing figure is named', async () => {
  await expect(renderPage(page, { ...readReport(), parts: [] })).rejects.toThrow('there is no figure "');
});
