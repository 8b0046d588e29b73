import { readdirSync, readFileSync } from 'node:fs';
import { defineConfig } from 'vitepress';
import { sidebar } from './sidebar.mjs';

const project = new URL('../../', import.meta.url);
const { name, description } = JSON.parse(readFileSync(new URL('package.json', project), 'utf8'));

const title = (page) => /^# (.*)$/m.exec(readFileSync(new URL(`${page}.md`, project), 'utf8'))[1].replaceAll('`', '');
const item = (page) => ({ text: title(page), link: page === 'README' ? '/' : `/${page}` });

/** GitHub's names of headings, so that a link works there and on the site. */
const slugify = (heading) =>
  heading
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N}\s_-]/gu, '')
    .trim()
    .replaceAll(' ', '-');

/** `{{ }}` in a page is text; in a fenced block it is so anyway. The theme's own components need it as it is. */
function keepBraces({ renderer: { rules } }) {
  for (const rule of ['text', 'code_inline']) {
    const render = rules[rule];
    rules[rule] = (...args) => render(...args).replaceAll('{{', '&#123;&#123;');
  }
}

const decisions = readdirSync(new URL('docs/decisions/', project))
  .filter((file) => file.endsWith('.md'))
  .sort()
  .map((file) => item(`docs/decisions/${file.replace(/\.md$/, '')}`));

export default defineConfig({
  title: name,
  description,
  srcDir: '.vitepress/pages',
  base: process.env.DOCS_BASE ?? '/',
  ignoreDeadLinks: false,
  markdown: { anchor: { slugify }, toc: { slugify }, config: keepBraces },
  // The search index is one file.
  vite: { build: { chunkSizeWarningLimit: 5000 } },
  themeConfig: {
    search: { provider: 'local' },
    outline: 'deep',
    nav: [{ text: 'API reference', link: '/api/' }],
    sidebar: [
      ...Object.entries(sidebar).map(([text, pages]) => ({ text, items: pages.map(item) })),
      { text: 'Decisions', collapsed: true, items: decisions },
      { text: 'API reference', link: '/api/' },
    ],
  },
});
