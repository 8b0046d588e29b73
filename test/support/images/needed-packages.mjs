// Prints where in node_modules the packages are that the token service needs, and all that they need.
import { existsSync, readFileSync } from 'node:fs';

const root = new URL('../../../', import.meta.url);
const { packages } = JSON.parse(readFileSync(new URL('package-lock.json', root), 'utf8'));
const needed = new Set();

/** A package of that name, as Node finds it from another one. */
function resolve(from, name) {
  for (let folder = from; ; folder = folder.slice(0, Math.max(folder.lastIndexOf('/node_modules/'), 0))) {
    const path = `${folder && `${folder}/`}node_modules/${name}`;
    if (path in packages) return path;
    if (folder === '') return undefined;
  }
}

function need(from, names) {
  for (const path of names.map((name) => resolve(from, name))) {
    // What is for other platforms is not installed.
    if (path === undefined || needed.has(path) || !existsSync(new URL(path, root))) continue;
    needed.add(path);
    const { dependencies = {}, optionalDependencies = {} } = packages[path];
    need(path, Object.keys({ ...dependencies, ...optionalDependencies }));
  }
}

need('', [...Object.keys(packages[''].dependencies), 'oidc-provider', '@node-rs/argon2']);
// A package comes before those that are inside of it.
console.log([...needed].sort().join('\n'));
