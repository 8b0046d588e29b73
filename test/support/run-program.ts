import { spawn } from 'node:child_process';

export interface Run {
  readonly status: number | null;
  /** Both streams, without colours. */
  readonly output: string;
}

/** Is told of each output, with all that was written so far and the process that wrote it. */
export type Watch = (output: string, pid: number) => void;

export interface RunOptions {
  readonly cwd: string;
  readonly env: NodeJS.ProcessEnv;
  readonly watch?: Watch;
  /** Milliseconds. */
  readonly timeout?: number;
}

/** Runs a program to its end, with both streams in order. */
export function runProgram(program: string, args: readonly string[], { watch, ...options }: RunOptions): Promise<Run> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { ...options, stdio: ['ignore', 'pipe', 'pipe'] });
    let output = '';
    const collect = (data: Buffer) => {
      output += data.toString('utf8');
      watch?.(output, child.pid!);
    };
    child.stdout.on('data', collect);
    child.stderr.on('data', collect);
    child.on('error', reject);
    // eslint-disable-next-line no-control-regex -- the CLI's colours and cursor movements are control characters
    child.on('close', (status) => resolve({ status, output: output.replaceAll(/\u001b\[[0-9;]*[A-Za-z]/g, '') }));
  });
}
