import { createRequire } from 'node:module';
import { fileURLToPath, pathToFileURL } from 'node:url';
import type { LocalExecProvisioner } from 'cdktf';

/** The command that runs this package's own command line, from the sources as well as from the built package. */
export function cliCommand(): [node: string, ...arguments: string[]] {
  const extension = import.meta.url.endsWith('.ts') ? 'ts' : 'js';
  const main = fileURLToPath(new URL(`../cli/main.${extension}`, import.meta.url));
  if (extension === 'js') return [process.execPath, main];
  const loader = pathToFileURL(createRequire(import.meta.url).resolve('tsx')).href;
  return [process.execPath, '--import', loader, main];
}

/**
 * A provisioner that runs this package's command line while Terraform applies, in the directory of the stack. Terraform
 * shows the command when it fails, so it is one that can be copied into a shell.
 */
export function cliProvisioner(command: string, ...options: string[]): LocalExecProvisioner {
  return { type: 'local-exec', command: shellCommand(command, ...options) };
}

/** A call of this package's command line, as a POSIX shell reads it. */
export function shellCommand(command: string, ...options: string[]): string {
  return [...cliCommand(), command, ...options].map(shellWord).join(' ');
}

/** Quotes a word for a POSIX shell where it needs that. */
function shellWord(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}
