import { existsSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { describe, expect, it } from 'vitest';
import { rooms } from '../../../scripts/rooms.mjs';
import { declare } from '../../../declaration/index.ts';
import { codeBlocks, pages, prose, read, root } from '../../support/docs/markdown.ts';
import { refusal } from '../../support/errors.ts';

/** The fragment by which GitHub names a heading. */
function slug(heading: string): string {
  return heading
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N}\s_-]/gu, '')
    .trim()
    .replaceAll(' ', '-');
}

function anchors(page: string): string[] {
  return [...prose(page).matchAll(/^#+ (.*)$/gm)].map(([, heading = '']) => slug(heading));
}

/** Where the links and pictures of a page lead in the project: file and heading. */
function targets(page: string): { target: string; file: string; anchor: string | undefined }[] {
  const links = /\]\(([^)\s]+)\)|\b(?:src|srcset)="([^"]+)"/g;
  return [...prose(page).matchAll(links)]
    .map(([, link, picture]) => (link ?? picture)!)
    .filter((target) => !/^https?:/.test(target))
    .map((target) => {
      const [path = '', anchor] = target.split('#');
      return { target, file: path === '' ? page : normalize(join(dirname(page), path)), anchor };
    });
}

const linkedPages = (page: string) => targets(page).flatMap(({ file }) => (pages.includes(file) ? [file] : []));

function brokenLinks(page: string): string[] {
  return targets(page)
    .filter(({ file, anchor }) => {
      if (!existsSync(`${root}${file}`)) return true;
      return anchor !== undefined && !anchors(file).includes(anchor);
    })
    .map(({ target }) => target);
}

it.each(pages)('%s: links lead somewhere', (page) => {
  expect(brokenLinks(page)).toEqual([]);
});

it('every page can be reached from README.md, by links', () => {
  const reached = new Set(['README.md']);
  for (const page of reached) for (const target of linkedPages(page)) reached.add(target);
  expect(pages.filter((page) => page.startsWith('docs/') && !reached.has(page))).toEqual([]);
});

it('README.md links each of its eight guarantees to a test', () => {
  const [, section = ''] = read('README.md').split('\n## Guarantees\n');
  const [list = ''] = section.split('\n\n[All guarantees]');
  const items = list.trim().split('\n');
  expect(items).toHaveLength(8);
  expect(items.filter((item) => !/^\d\. \[.+\]\(test\/[^)]+\)$/.test(item))).toEqual([]);
});

it('every guarantee of docs/guarantees.md names a test', () => {
  const [, , ...rows] = read('docs/guarantees.md')
    .split('\n')
    .filter((line) => line.startsWith('|'));
  expect(rows.length).toBeGreaterThan(10);
  expect(rows.filter((row) => !row.split('|').at(-2)!.includes('](../test/'))).toEqual([]);
});

it('docs/architecture.md lists the rooms from the ground up', () => {
  const listed = [...read('docs/architecture.md').matchAll(/^\| `([a-z-]+)\/`/gm)].map(([, room]) => room);
  expect(listed).toEqual(rooms);
});

/** The names in the first column of a page's tables. */
function named(page: string): string[] {
  return [...read(page).matchAll(/^\| `([a-z_]+)`/gm)].map(([, name = '']) => name).sort();
}

describe('what can be refused is explained', () => {
  it('with a message as it is', () => {
    const [shown] = codeBlocks('docs/troubleshooting.md').filter(({ language }) => language === 'text');
    const { message } = refusal(() => declare({ name: 'Todos', schemas: ['api'], roles: { users: [] } }));
    expect(shown?.text).toBe(`${message}\n`);
  });

  it('every error code, and no other', () => {
    const source = readFileSync(`${root}errors/secured-postgrest-error.ts`, 'utf8');
    const codes = [...source.matchAll(/^ {2}\| '([a-z_]+)'/gm)].map(([, code = '']) => code);
    expect(codes.length).toBeGreaterThan(40);
    expect(named('docs/troubleshooting.md')).toEqual(codes.sort());
  });
});
