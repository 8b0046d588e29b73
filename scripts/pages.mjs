import { readdirSync } from 'node:fs';
import { join } from 'node:path/posix';
import { root } from './run.mjs';

/** The files in a folder and below, by their path in the project, without hidden folders and installed packages. */
export function filesIn(folder, isWanted) {
  return readdirSync(`${root}${folder}`, { withFileTypes: true })
    .filter(({ name }) => !name.startsWith('.') && name !== 'node_modules')
    .flatMap((entry) => {
      const path = join(folder, entry.name);
      if (entry.isDirectory()) return filesIn(path, isWanted);
      return isWanted(path) ? [path] : [];
    })
    .sort();
}

const isPage = (path) => path.endsWith('.md');

/** The Markdown files, by their path in the project. */
export const pages = [...readdirSync(root).filter(isPage), ...filesIn('docs', isPage), ...filesIn('examples', isPage)];
