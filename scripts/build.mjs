// Makes dist/, the package as it is published: JavaScript, type declarations, the SQL templates and the JSON schema of a declaration.
import { chmodSync, cpSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { describeSchema } from './describe-schema.mjs';
import { root, runModule } from './run.mjs';

const dist = `${root}dist`;

rmSync(dist, { recursive: true, force: true });

const { status } = runModule('typescript/bin/tsc', ['--project', 'tsconfig.build.json']);
if (status !== 0) process.exit(status ?? 1);

// The compiler rewrites `./file.ts` to `./file.js` in the JavaScript that it emits, but not in the declarations.
for (const file of readdirSync(dist, { recursive: true }).filter((name) => name.endsWith('.d.ts'))) {
  const text = readFileSync(`${dist}/${file}`, 'utf8');
  writeFileSync(`${dist}/${file}`, text.replace(/((?:from |import\()')(\.[^']*)\.ts'/g, "$1$2.js'"));
}

cpSync(`${root}sql`, `${dist}/sql`, { recursive: true });

// Programs and pages beside the sources that are no TypeScript.
const isFolder = (path) => statSync(path).isDirectory();
for (const room of ['explorer', 'testing']) {
  cpSync(`${root}${room}`, `${dist}/${room}`, {
    recursive: true,
    filter: (path) => isFolder(path) || !path.endsWith('.ts'),
  });
}
const { declarationJsonSchema } = await import(`${dist}/declaration/json-schema.js`);
const schema = describeSchema(declarationJsonSchema());
writeFileSync(`${dist}/declaration.schema.json`, `${JSON.stringify(schema, undefined, 2)}\n`);

chmodSync(`${dist}/cli/main.js`, 0o755);
