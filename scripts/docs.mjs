// Writes the documentation: `docs.mjs api` the API reference as Markdown, `docs.mjs build` the site with it and all pages.
import { cpSync, existsSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path/posix';
import { filesIn, pages } from './pages.mjs';
import { entryPoints } from './public-api.mjs';
import { obstacle } from './requirements.mjs';
import { root, run } from './run.mjs';

const tools = `${root}docs/.vitepress/`;
/** Where VitePress reads the pages and the API reference. */
const PAGES = `${tools}pages/`;
/** Where VitePress writes the site. */
export const SITE = `${tools}dist/`;

function runTool(script, args) {
  runNode([`${tools}node_modules/${script}`, ...args]);
}

function runNode(args) {
  const { status } = run(process.execPath, args);
  if (status !== 0) process.exit(status ?? 1);
}

function writeApi() {
  const sources = entryPoints().flatMap(({ source }) => ['--entryPoints', `${root}${source}`]);
  runTool('typedoc/bin/typedoc', ['--options', `${tools}typedoc.json`, '--out', `${PAGES}api`, ...sources]);
}

const isPicture = (name) => /\.(svg|png|jpe?g|gif|webp)$/.test(name);

function writePages() {
  for (const file of filesIn('docs', isPicture)) cpSync(`${root}${file}`, `${PAGES}${file}`);
  for (const page of pages) {
    const target = `${PAGES}${onSite(page)}`;
    mkdirSync(dirname(target), { recursive: true });
    writeFileSync(target, withSiteLinks(page, readFileSync(`${root}${page}`, 'utf8')));
  }
}

/** The first page of the site is the README. */
const onSite = (page) => (page === 'README.md' ? 'index.md' : page);

/** Links to other pages stay; links to files of the repository lead to its address. */
function withSiteLinks(page, text) {
  const blocks = text.split(/(^```[\s\S]*?^```$)/m);
  return blocks
    .map((part) =>
      part.startsWith('```')
        ? part
        : part
            // Without a dot, Vite looks for a package of this name.
            .replaceAll(/\b(src|srcset)="(?!https?:|[./])/g, '$1="./')
            .replaceAll(/(?<!!)\[((?:[^[\]]|\[[^\]]*\])*)\]\((?!https?:|#)([^)\s]+)\)/g, (_, label, target) =>
              link(page, label, target),
            ),
    )
    .join('');
}

function link(page, label, target) {
  const [path, anchor] = target.split('#');
  const file = join(dirname(page), path).replace(/\/$/, '');
  const found = [file, `${file}/README.md`].find((name) => pages.includes(name));
  if (found) {
    const to = relative(dirname(page), onSite(found));
    return `[${label}](${to}${anchor === undefined ? '' : `#${anchor}`})`;
  }
  if (!existsSync(`${root}${file}`)) throw new Error(`${page}: a link leads to '${target}', which does not exist`);
  return repository ? `[${label}](${repository}/${isFolder(file) ? 'tree' : 'blob'}/main/${file})` : label;
}

const isFolder = (file) => statSync(`${root}${file}`).isDirectory();

/** Where the repository is, for links to its files. Without an address they are plain text. */
const repository = JSON.parse(readFileSync(`${root}package.json`, 'utf8'))
  .repository?.url.replace(/^git\+/, '')
  .replace(/\.git$/, '');

const commands = {
  api: writeApi,
  build() {
    writeApi();
    writePages();
    runNode(['--import', 'tsx', `${root}scripts/benchmark-history.ts`, `${PAGES}docs/benchmark-history.md`]);
    runTool('vitepress/bin/vitepress.js', ['build', `${root}docs`]);
  },
};

if (process.argv[1] === import.meta.filename) {
  const command = commands[process.argv[2]];
  const problem = command
    ? obstacle('site')
    : `unknown command '${process.argv[2] ?? ''}'; use: node scripts/docs.mjs api|build`;
  if (problem) {
    console.error(problem);
    process.exit(2);
  }
  rmSync(PAGES, { recursive: true, force: true });
  command();
}
