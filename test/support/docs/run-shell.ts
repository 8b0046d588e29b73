import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { root } from './markdown.ts';

/** Runs a script as a page shows it, with the command line of the sources. Answers its output, errors included. */
export async function runShell(script: string, cwd: string): Promise<string> {
  const { stdout, stderr } = await promisify(execFile)('sh', ['-c', inSources(script)], { cwd }).catch(
    (error: { stdout: string; stderr: string }) => error,
  );
  return stdout + stderr;
}

/** A script with the command line of the sources in the place of the installed one. */
export function inSources(script: string): string {
  const program = [process.execPath, '--import', `${root}node_modules/tsx/dist/loader.mjs`, `${root}cli/main.ts`];
  const command = program.map((word) => `'${word}'`).join(' ');
  return script.replaceAll(/npx (?:secured-postgrest|tsx cli\/main\.ts)/g, () => command);
}
