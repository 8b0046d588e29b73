import { existsSync, readFileSync } from 'node:fs';
import { extname, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { declare } from '../declaration/declare.ts';
import { refuse } from '../declaration/errors.ts';
import type { Declaration, DeclarationInput } from '../declaration/types.ts';

/**
 * Loads a declaration: the default export of a TypeScript or JavaScript module, what `declare` returned or what it
 * takes, or a JSON file with either.
 *
 * Throws `invalid_declaration` if the file is missing, cannot be loaded or has no declaration as its default export,
 * and whatever `declare` throws.
 *
 * @example
 * const declaration = await loadDeclaration('examples/todos/declaration.ts');
 */
export async function loadDeclaration(path: string): Promise<Declaration> {
  const file = resolve(path);
  if (!existsSync(file)) refuse('invalid_declaration', path, 'there is no such file', 'name the declaration file');
  const value = extname(file) === '.json' ? parse(path, readFileSync(file, 'utf8')) : await defaultExport(path, file);
  if (typeof value !== 'object' || value === null) {
    refuse(
      'invalid_declaration',
      path,
      'the default export is no declaration',
      'write `export default declare({...})`',
    );
  }
  return isDeclared(value) ? value : declare(value as DeclarationInput);
}

/** Only what `declare` has returned names the login role at the top; a stack writes just that as JSON. */
function isDeclared(value: object): value is Declaration {
  return 'authenticator' in value;
}

function parse(path: string, text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    return cannotLoad(path, error);
  }
}

async function defaultExport(path: string, file: string): Promise<unknown> {
  const module = await importModule(pathToFileURL(file).href).catch((error: unknown) => cannotLoad(path, error));
  if (!('default' in module)) {
    refuse('invalid_declaration', path, 'it has no default export', 'write `export default declare({...})`');
  }
  return module.default;
}

async function importModule(url: string): Promise<object> {
  try {
    return (await import(url)) as object;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ERR_UNKNOWN_FILE_EXTENSION') throw error;
    // A Node that does not read TypeScript by itself, and not under tsx yet.
    const { tsImport } = await import('tsx/esm/api');
    return (await tsImport(url, import.meta.url)) as object;
  }
}

/** Refusals of the declaration itself say enough; anything else gets the file's name. */
function cannotLoad(path: string, error: unknown): never {
  if (error instanceof Error && error.name === 'SecuredPostgrestError') throw error;
  refuse('invalid_declaration', path, `it cannot be loaded (${String(error)})`, 'correct the file', error);
}
