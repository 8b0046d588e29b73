// Writes the lists of docs/versions.md from the table of releases.
import { readFileSync, writeFileSync } from 'node:fs';
import { pathToFileURL } from 'node:url';
import { format, resolveConfig } from 'prettier';
import {
  type Advisory,
  type FixingRelease,
  type Product,
  RELEASE_TABLE,
} from '../declaration/releases/release-table.ts';

export const PAGE = new URL('../docs/versions.md', import.meta.url);
const MARK = '<!-- npm run versions writes what follows -->\n';

/** The page with the lists that the table makes. */
export async function renderPage(page: string): Promise<string> {
  const kept = page.slice(0, page.indexOf(MARK) + MARK.length);
  const products = Object.keys(RELEASE_TABLE.products) as Product[];
  const text = [kept, `As of ${RELEASE_TABLE.asOf}.`, ...products.map(renderProduct)].join('\n');
  return format(text, { ...(await resolveConfig(PAGE)), parser: 'markdown' });
}

function renderProduct(product: Product): string {
  const { sources, majors, releases } = RELEASE_TABLE.products[product];
  return [
    `### ${product}\n`,
    `Sources: ${sources.map((url) => `<${url}>`).join(', ')}\n`,
    '| major | newest | end of life |',
    '| - | - | - |',
    ...Object.entries(majors)
      .reverse()
      .map(([major, { newest, endOfLife = '' }]) => `| ${major} | ${newest} | ${endOfLife} |`),
    '',
    '| advisory | fixed in | what it means |',
    '| - | - | - |',
    ...releases.flatMap((release) => release.fixes.map((advisory) => renderAdvisory(release, advisory))),
    '',
  ].join('\n');
}

function renderAdvisory(
  { date, versions }: FixingRelease,
  { id, problem, attacker, exploitPublished, majors, since }: Advisory,
): string {
  const fixed = versions.filter((version) => majors?.includes(Number.parseInt(version, 10)) ?? true);
  const notes = [
    ...(attacker === 'anyone' ? ['**no login needed**'] : []),
    ...(exploitPublished ? ['**exploits are public**'] : []),
    ...(since === undefined ? [] : [`since ${since}`]),
  ];
  return `| [${id}](${urlOf(id)}) | ${fixed.join(', ')} (${date}) | ${[problem, ...notes].join('; ')} |`;
}

function urlOf(id: string): string {
  const [, issue] = /^PostgREST#(\d+)$/.exec(id) ?? [];
  return issue === undefined
    ? `https://www.postgresql.org/support/security/${id}/`
    : `https://github.com/PostgREST/postgrest/issues/${issue}`;
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  writeFileSync(PAGE, await renderPage(readFileSync(PAGE, 'utf8')));
}
