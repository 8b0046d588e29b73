import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { build } from 'esbuild';
import { expect, it } from 'vitest';
import { rooms } from '../../scripts/rooms.mjs';
import { root } from '../support/checkout.ts';

/** By file: the files that it imports, types aside. */
type Imports = ReadonlyMap<string, readonly string[]>;

it('no file of the package imports itself through others', async () => {
  const imports = await importsOf(rooms.flatMap(programsIn));
  expect(imports.get('apply/index.ts')).toContain('apply/apply.ts');
  expect(circle(imports)).toEqual([]);
});

it('a circle is found, with the files on it alone', () => {
  const imports = {
    'a.ts': ['b.ts', 'c.ts'],
    'b.ts': [],
    'c.ts': ['b.ts', 'd.ts'],
    'd.ts': ['e.ts'],
    'e.ts': ['c.ts'],
  };
  expect(circle(new Map(Object.entries(imports)))).toEqual(['c.ts', 'd.ts', 'e.ts', 'c.ts']);
});

/** A second of CPU time: eslint's `import-x/no-cycle`, which parses all files once more, takes ten times that. */
async function importsOf(entryPoints: string[]): Promise<Imports> {
  const { metafile } = await build({
    absWorkingDir: root,
    entryPoints,
    bundle: true,
    packages: 'external',
    platform: 'node',
    format: 'esm',
    outdir: 'nowhere',
    write: false,
    metafile: true,
    // Of `package.json`: what has no side effects would be left out.
    ignoreAnnotations: true,
  });
  return new Map(
    Object.entries(metafile.inputs).map(([file, { imports }]) => [
      file,
      imports.filter(({ external }) => !external).map(({ path }) => path),
    ]),
  );
}

function programsIn(room: string): string[] {
  return readdirSync(join(root, room), { recursive: true, encoding: 'utf8' })
    .filter((file) => /(?<!\.d)\.ts$/.test(file))
    .map((file) => join(room, file));
}

/** The files of one circle, the first of them again at its end; none if there is no circle. */
function circle(imports: Imports): string[] {
  const seen = new Set<string>();
  const way: string[] = [];
  function from(file: string): string[] {
    if (way.includes(file)) return [...way.slice(way.indexOf(file)), file];
    if (seen.has(file)) return [];
    seen.add(file);
    way.push(file);
    for (const next of imports.get(file) ?? []) {
      const found = from(next);
      if (found.length > 0) return found;
    }
    way.pop();
    return [];
  }
  for (const file of imports.keys()) {
    const found = from(file);
    if (found.length > 0) return found;
  }
  return [];
}
