// Installs the dependencies where they are missing or older than package-lock.json; otherwise does nothing, silently. npm itself
// says nothing until it has ended, which can take minutes.
import { statSync } from 'node:fs';
import { root, run } from './run.mjs';

const changed = (file) => statSync(`${root}${file}`, { throwIfNoEntry: false })?.mtimeMs ?? 0;

if (changed('node_modules/.package-lock.json') < changed('package-lock.json')) {
  console.error('installing the dependencies (npm ci)');
  const npm = process.env.npm_execpath;
  const { status, error } = npm ? run(process.execPath, [npm, 'ci']) : run('npm', ['ci']);
  if (error) console.error(`cannot run npm: ${error.message}`);
  if (status !== 0) process.exit(status ?? 1);
}
