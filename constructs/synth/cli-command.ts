import { ownProgram } from '../../files/own-program.ts';
import { shellWord } from '../../errors/shell-word.ts';
import { type LocalExecProvisioner, Token } from './cdk/core.ts';

/**
 * A provisioner that runs this package's command line while Terraform applies, in the directory of the stack. Terraform
 * shows the command when it fails, so it is one that can be copied into a shell.
 */
export function cliProvisioner(command: string, ...options: string[]): LocalExecProvisioner {
  return localExec(shellCommand(command, ...options.map(literal)));
}

/** A provisioner that runs a shell's command, of one program, in the place of the shell: an interrupted Terraform ends only the shell. */
export function localExec(command: string): LocalExecProvisioner {
  return { type: 'local-exec', interpreter: ['/bin/sh', '-c', 'eval "exec $1"', 'sh'], command };
}

/** Terraform reads a command as a template, so a path with `${` in it would become another one. */
function literal(word: string): string {
  return Token.isUnresolved(word) ? word : word.replaceAll(/[$%](?=\{)/g, '$&$&');
}

/** A call of this package's command line, as a POSIX shell reads it. */
export function shellCommand(command: string, ...options: string[]): string {
  return [...ownProgram('cli/main'), command, ...options].map(shellWord).join(' ');
}
