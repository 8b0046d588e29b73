import { readdirSync } from 'node:fs';
import { Command } from 'commander';

const folders = ['../../../cli/', '../../../cli/deploy/'].map((path) => new URL(path, import.meta.url));

/** Every command of `cli/` and `cli/deploy/`, without the program that runs them. */
export async function commandLine(): Promise<Command> {
  const program = new Command('secured-postgrest');
  const files = folders.flatMap((folder) => readdirSync(folder).map((name) => new URL(name, folder).href));
  for (const file of files.filter((name) => name.endsWith('.ts') && !name.endsWith('/main.ts'))) {
    const module = (await import(file)) as Record<string, unknown>;
    for (const [name, add] of Object.entries(module))
      if (/^add\w+Command$/.test(name))
        await (add as (program: Command, words: readonly string[]) => unknown)(program, []);
  }
  return program;
}
