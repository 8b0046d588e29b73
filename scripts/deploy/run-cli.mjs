import { spawn } from 'node:child_process';
import { constants } from 'node:os';
import { once } from 'node:events';

/** Runs the local CLI of cdktf on all stacks: its status. */
export async function runCli(command, flags, { root, env }) {
  const program = `${root}node_modules/cdktf-cli/bundle/bin/cdktf`;
  const cdktf = spawn(process.execPath, [program, command, '*', ...flags], { cwd: root, stdio: 'inherit', env });
  // Ctrl-C reaches the child by itself; a second one would make Terraform quit without saving its state.
  process.on('SIGINT', () => {});
  process.on('SIGTERM', () => cdktf.kill('SIGTERM'));
  const [status, signal] = await once(cdktf, 'exit');
  return status ?? 128 + constants.signals[signal];
}
