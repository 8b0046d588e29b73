import { readdirSync } from 'node:fs';
import { Command } from 'commander';

const folder = new URL('../../../cli/', import.meta.url);

/** Every command of `cli/`, without the program that runs them. */
export async function commandLine(): Promise<Command> {
  const program = new Command('secured-postgrest');
  for (const file of readdirSync(folder).filter((name) => name.endsWith('.ts') && name !== 'main.ts')) {
    const module = (await import(new URL(file, folder).href)) as Record<string, unknown>;
    for (const [name, add] of Object.entries(module))
      if (/^add\w+Command$/.test(name)) (add as (program: Command) => void)(program);
  }
  return program;
}
