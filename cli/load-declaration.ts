import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { existsSync, readFileSync, statSync } from 'node:fs';
import { createRequire } from 'node:module';
import { extname, isAbsolute, resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import type * as Tsx from 'tsx/esm/api';
import { SQL_READS } from '../declaration/read-sql.ts';
import { declare } from '../declaration/declare.ts';
import { refuse, type SecuredPostgrestError } from '../errors/secured-postgrest-error.ts';
import { DECLARATION_VERSION, type Declaration, type DeclarationInput } from '../declaration/types.ts';
import { checkModule, checkSource } from './check-source.ts';
import { isUri } from './database-uri.ts';

/**
 * Loads a declaration: the default export of a TypeScript or JavaScript module, what `declare` returned or what it
 * takes, or a JSON file with either.
 *
 * Throws `invalid_declaration` if the file is missing, cannot be loaded or has no declaration as its default export,
 * `missing_package` for TypeScript where neither Node.js nor tsx reads it, `unsafe_directory` if another user can change or replace the file or one that it reads, and whatever `declare` throws.
 *
 * @example
 * const declaration = await loadDeclaration('examples/todos/declaration.ts');
 */
export function loadDeclaration(path: string): Promise<Declaration> {
  return load(path, importModule);
}

/**
 * The same, whatever was loaded before: every module is read again. Needs npm's tsx, also for JavaScript.
 *
 * Throws as `loadDeclaration` does, and `missing_package` without tsx.
 *
 * @param onFile called with each file that the declaration comes from, also where it cannot be loaded; perhaps only
 * after the declaration is there, because tsx reports modules from another thread
 *
 * @example
 * const files: string[] = [];
 * const declaration = await loadAfresh('examples/todos/declaration.ts', (file) => files.push(file));
 */
export function loadAfresh(path: string, onFile: (file: string) => void): Promise<Declaration> {
  return load(path, (url) => importAfresh(path, url, onFile));
}

/** By its name: a module can bring another copy of this package. */
function isOwnError(error: unknown): error is SecuredPostgrestError {
  return error instanceof Error && error.name === 'SecuredPostgrestError';
}

type Import = (url: string) => Promise<object>;

const EXTENSIONS = ['.ts', '.mts', '.cts', '.js', '.mjs', '.cjs', '.json'];

async function load(path: string, importUrl: Import): Promise<Declaration> {
  // It can hold a password, and is not shown.
  if (isUri(path)) refuse('invalid_declaration', 'declaration', 'a URI is no file', 'name the file of the declaration');
  const file = resolve(path);
  if (!existsSync(file)) refuse('invalid_declaration', path, `there is no file ${file}`, 'name the declaration file');
  if (statSync(file).isDirectory()) {
    refuse('invalid_declaration', path, 'it is a directory', 'name the file in it that has the declaration');
  }
  if (!EXTENSIONS.includes(extname(file))) {
    const fix = `name a file that ends with ${EXTENSIONS.join(', ')}`;
    refuse('invalid_declaration', path, 'it is neither a module nor a JSON file', fix);
  }
  const value = await checkingReads(() => read(path, file, importUrl));
  if (typeof value !== 'object' || value === null) {
    refuse(
      'invalid_declaration',
      path,
      'the default export is no declaration',
      'write `export default declare({...})`',
    );
  }
  return isDeclared(path, value) ? value : declareFrom(path, value as DeclarationInput);
}

/** Declares what the file has; errors name it. */
function declareFrom(path: string, input: DeclarationInput): Declaration {
  try {
    return declare(input);
  } catch (error) {
    if (!isOwnError(error)) throw error;
    const place = error.place === 'declaration' ? path : `${path}: ${error.place}`;
    return refuse(error.code, place, error.problem, error.fix, error);
  }
}

function read(path: string, file: string, importUrl: Import): unknown {
  const isJson = extname(file) === '.json';
  (isJson ? checkSource : checkModule)(file);
  return isJson ? parse(path, readFileSync(file, 'utf8')) : defaultExport(path, file, importUrl);
}

/** Checks the SQL that a declaration reads, before anything of it is run. */
async function checkingReads<T>(work: () => T | Promise<T>): Promise<T> {
  const paths = new Set<string>();
  const onRead = (path: unknown) => paths.add(path as string);
  subscribe(SQL_READS, onRead);
  try {
    return await work();
  } finally {
    unsubscribe(SQL_READS, onRead);
    paths.forEach(checkSource);
  }
}

/** Tests if `declare` has returned the value, which a stack writes as JSON; rejects a format of another version. */
function isDeclared(path: string, value: object): value is Declaration {
  if (!('declarationVersion' in value)) return false;
  if (value.declarationVersion === DECLARATION_VERSION) return true;
  refuse(
    'invalid_declaration',
    path,
    `declarationVersion ${JSON.stringify(value.declarationVersion)} is not ${DECLARATION_VERSION}, which this package reads`,
    'synthesize it again, or use the version of cdktf-secured-postgrest that wrote it',
  );
}

function parse(path: string, text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    return cannotLoad(path, error);
  }
}

async function defaultExport(path: string, file: string, importUrl: Import): Promise<unknown> {
  const module = await importUrl(pathToFileURL(file).href).catch((error: unknown) => cannotLoad(path, error));
  if (!('default' in module)) {
    refuse('invalid_declaration', path, 'it has no default export', 'write `export default declare({...})`');
  }
  const value = module.default;
  // Of a package that is CommonJS, tsx makes all exports one default.
  return value !== null && typeof value === 'object' && '__esModule' in value && 'default' in value
    ? value.default
    : value;
}

async function importModule(url: string): Promise<object> {
  try {
    return (await import(url)) as object;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ERR_UNKNOWN_FILE_EXTENSION') throw error;
    // A Node that does not read TypeScript by itself, and not under tsx yet.
    const { tsImport } = await loadTsx(
      fileURLToPath(url),
      'this version of Node.js does not read TypeScript without tsx',
    );
    return (await tsImport(url, import.meta.url)) as object;
  }
}

async function importAfresh(path: string, url: string, onFile: (file: string) => void): Promise<object> {
  const { tsImport } = await loadTsx(path, 'changes cannot be loaded without tsx');
  const { cache } = createRequire(import.meta.url);
  const ownModules = () => Object.keys(cache).filter((key) => !key.includes('node_modules'));
  // Modules of CommonJS are not in the namespace that tsx makes.
  for (const key of ownModules()) delete cache[key];
  const onImport = (imported: string) => imported.startsWith('file:') && onFile(fileURLToPath(imported));
  try {
    return (await tsImport(url, { parentURL: import.meta.url, onImport })) as object;
  } finally {
    for (const [name = ''] of ownModules().map((key) => key.split('?'))) if (isAbsolute(name)) onFile(name);
  }
}

function loadTsx(path: string, problem: string): Promise<typeof Tsx> {
  return import('tsx/esm/api').catch((error: unknown) =>
    refuse('missing_package', path, problem, 'run `npm install --save-dev tsx`', error),
  );
}

/** Refusals of a part of the declaration say enough; anything else gets the file's name. */
function cannotLoad(path: string, error: unknown): never {
  if (isOwnError(error)) {
    if (error.place !== 'declaration') throw error;
    refuse(error.code, path, error.problem, error.fix, error);
  }
  refuse('invalid_declaration', path, `it cannot be loaded (${String(error)})`, 'correct the file', error);
}
