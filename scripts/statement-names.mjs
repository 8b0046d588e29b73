// Writes postgres/statement-names.ts: the names of the statements in `sql/`, for the compiler.
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { pathToFileURL } from 'node:url';
import { root } from './run.mjs';

export const TARGET = `${root}postgres/statement-names.ts`;

const namesIn = (file) =>
  [...readFileSync(`${root}sql/${file}`, 'utf8').matchAll(/^-- name: (\S+)$/gm)].map(([, name]) => name);

/** The text of the module. */
export function statementNames() {
  const files = readdirSync(`${root}sql`, { recursive: true }).filter((file) => file.endsWith('.sql'));
  const entries = files
    .sort()
    .map((file) => ({ file: file.replace(/\.sql$/, ''), names: namesIn(file) }))
    .filter(({ names }) => names.length > 0)
    .map(({ file, names }) => `  '${file}':\n${names.map((name) => `    | '${name}'`).join('\n')};\n`);
  return `// Written by \`npm run statement-names\` from the files in \`sql/\`.

/** Names of the statements in each file of \`sql/\` that holds several. */
export interface StatementNames {
${entries.join('')}}
`;
}

if (import.meta.url === pathToFileURL(process.argv[1]).href) writeFileSync(TARGET, statementNames());
