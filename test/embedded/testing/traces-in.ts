import { readdirSync, readFileSync, readlinkSync } from 'node:fs';

/** What there is of those that use a directory for temporary files. */
export interface Traces {
  readonly processes: readonly string[];
  readonly files: readonly string[];
}

/** A directory's entries, and the processes that have it as their TMPDIR, work in it or name something in it. */
export function tracesIn(directory: string): Traces {
  return {
    processes: processesIn(directory).map(({ pid, name }) => `${pid} ${name}`),
    files: readdirSync(directory).sort(),
  };
}

export interface RunningProcess {
  readonly pid: number;
  readonly parent: number;
  readonly name: string;
}

/** Linux tells. A process that has ended, and waits for its parent, has no command line. */
export function processesIn(directory: string): RunningProcess[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid)
    .filter((pid) => {
      const command = read(() => readFileSync(`/proc/${pid}/cmdline`, 'utf8'));
      if (command === '') return false;
      const environment = read(() => readFileSync(`/proc/${pid}/environ`, 'utf8'));
      const place = read(() => readlinkSync(`/proc/${pid}/cwd`));
      return (
        `\0${environment}`.includes(`\0TMPDIR=${directory}\0`) ||
        command.includes(`${directory}/`) ||
        `${place}/`.startsWith(`${directory}/`)
      );
    })
    .map((pid) => {
      const status = read(() => readFileSync(`/proc/${pid}/status`, 'utf8'));
      const field = (name: string) => new RegExp(`^${name}:\\s*(.*)$`, 'm').exec(status)?.[1] ?? '';
      // The program that the user names may be called `postgrest-16`.
      const name = field('Name').replace(/^postgrest-\d+$/, 'postgrest');
      return { pid: Number(pid), parent: Number(field('PPid')), name };
    })
    .filter(({ name }) => name !== '');
}

/** Nothing of them. */
export const noTraces: Traces = { processes: [], files: [] };

/** Empty where it is gone, or nothing of ours. */
function read(what: () => string): string {
  try {
    return what();
  } catch {
    return '';
  }
}
