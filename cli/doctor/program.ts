import { spawnSync } from 'node:child_process';

export interface ProgramRun {
  /** Undefined where there is no such program, or it does not end. */
  readonly status: number | undefined;
  readonly stdout: string;
  /** The end of what it said on standard error. */
  readonly complaint: string;
}

/** Runs a program without a shell. */
export function runProgram(
  program: string,
  args: readonly string[],
  options: { readonly cwd?: string } = {},
): ProgramRun {
  const { status, error, stdout, stderr } = spawnSync(program, args, { ...options, encoding: 'utf8', timeout: 60_000 });
  const { code } = (error ?? {}) as NodeJS.ErrnoException;
  const lines = (stderr ?? '').split('\n').filter((line) => line.trim() !== '');
  return {
    status: error ? undefined : (status ?? undefined),
    stdout: (stdout ?? '').trim(),
    complaint: code === 'ETIMEDOUT' ? 'no answer within 60 s' : (lines.at(-1)?.trim() ?? code ?? ''),
  };
}
