import { execFile } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { posix } from 'node:path';
import { promisify } from 'node:util';
import { beforeAll, describe, expect, it } from 'vitest';
import { readHistory } from '../../bench/history/history-file.ts';
import { seriesOf } from '../../bench/history/series.ts';
import { sidebar } from '../../docs/.vitepress/sidebar.mjs';
import { SITE } from '../../scripts/docs.mjs';
import { pages } from '../../scripts/pages.mjs';
import { root } from '../support/docs/markdown.ts';

describe('the site of `npm run docs:build`', () => {
  let output: string;
  let files: readonly string[];

  beforeAll(async () => {
    // Rejects where the build fails, such as for a link to a page that does not exist.
    const { stdout, stderr } = await promisify(execFile)(process.execPath, ['scripts/docs.mjs', 'build'], {
      cwd: root,
    });
    output = stdout + stderr;
    files = readdirSync(SITE, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.html'));
  });

  it('is built without an error', () => expect(output).not.toMatch(/error/i));

  it('has every page of the project, with its text', () => {
    const expected = pages.map((page) => (page === 'README.md' ? 'index.html' : page.replace(/md$/, 'html')));
    expect(expected.filter((page) => !files.includes(page))).toEqual([]);
    expect(expected.filter((page) => !html(page).includes('<h1'))).toEqual([]);
  });

  it('lists every page in its sidebar, and the decisions in their own part', () => {
    const listed = Object.values(sidebar).flat();
    const names = pages.map((page) => page.replace(/\.md$/, ''));
    expect(listed.toSorted()).toEqual(names.filter((page) => !page.startsWith('docs/decisions/')).sort());
  });

  it('has the API reference of what the package exports', () => {
    expect(html('api/declaration/index.html')).toContain('Declaration');
    expect(files.filter((file) => file.startsWith('api/')).length).toBeGreaterThan(100);
  });

  it('shows `{{ }}` where a page has it as text, and fills it in what surrounds the pages', () => {
    expect(html('docs/providers/clerk.html')).toContain('{{');
    expect(html('docs/audit.html')).toContain('{{ secrets.DATABASE_URL }}');
    expect(html('index.html')).not.toContain('{{');
  });

  it('draws the history of the benchmarks, with the values as text, and without a script or an address outside', () => {
    const page = html('docs/benchmark-history.html');
    expect(page).not.toContain('<!-- charts -->');
    for (const { name, series } of seriesOf(readHistory())) {
      expect(page).toContain(`id="${name}"`);
      for (const one of series) expect(page).toContain(`<th scope="row">${one.name}</th>`);
    }
    const charts = [...page.matchAll(/<svg viewBox="0 0 300 110"[^]*?<\/svg>/g)].map(([svg]) => svg);
    expect(charts.length).toBeGreaterThan(50);
    expect(charts.filter((svg) => !svg.includes('<circle'))).toEqual([]);
    expect(charts.filter((svg) => /<script|href|src=/.test(svg))).toEqual([]);
  });

  it('has no link to a page or heading that does not exist', () => {
    expect(files.flatMap((file) => brokenLinks(file, files))).toEqual([]);
  });
});

const html = (file: string) => readFileSync(`${SITE}${file}`, 'utf8');

function brokenLinks(file: string, files: readonly string[]): string[] {
  return [...html(file).matchAll(/<a [^>]*?href="([^"]+)"/g)]
    .map(([, target = '']) => target)
    .filter((target) => !/^\w+:/.test(target))
    .filter((target) => {
      const [path = '', anchor] = decodeURIComponent(target).split('#');
      const page = pageOf(file, path);
      if (!files.includes(page)) return true;
      return anchor !== undefined && anchor !== '' && !html(page).includes(` id="${anchor}"`);
    })
    .map((target) => `${file}: ${target}`);
}

function pageOf(file: string, path: string): string {
  if (path === '') return file;
  const page = path.startsWith('/') ? path.slice(1) : posix.join(posix.dirname(file), path).replace(/^\.\//, '');
  if (page === '' || page.endsWith('/')) return `${page}index.html`;
  return page.endsWith('.html') ? page : `${page}.html`;
}
