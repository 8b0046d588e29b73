import { readdirSync, readFileSync } from 'node:fs';
import type { Command } from 'commander';
import { describe, expect, it } from 'vitest';
import { serverSettings } from '../../../compile/server/settings.ts';
import todos from '../../../examples/todos/declaration.ts';
import { commandLine } from '../../support/docs/command-line.ts';
import { allBlocks, pages, read, root } from '../../support/docs/markdown.ts';
import { commands, program } from '../../support/docs/shell.ts';

const lines = [
  ...allBlocks('sh').flatMap(({ place, text }) => commands(text).map((line) => ({ place, line }))),
  ...allBlocks('console').flatMap(({ place, text }) =>
    [...text.matchAll(/^\$ (.*)$/gm)].flatMap(([, line = '']) =>
      commands(line).map((words) => ({ place, line: words })),
    ),
  ),
].map(({ place, line }) => ({ place, words: program(line) }));

/** The command line, with commands that do nothing. */
async function idleCommandLine(): Promise<Command> {
  const disarm = (command: Command): void => {
    command.exitOverride().configureOutput({ writeErr: () => undefined });
    if (command.commands.length === 0) command.action(() => undefined);
    command.commands.forEach(disarm);
  };
  const program = await commandLine();
  disarm(program);
  return program;
}

describe('commands', () => {
  const ours = lines.flatMap(({ place, words }) => {
    const program = ['npx tsx cli/main.ts ', 'npx secured-postgrest '].find((one) => words.join(' ').startsWith(one));
    return program === undefined ? [] : [{ place, args: words.slice(program.trim().split(' ').length) }];
  });

  it.each(ours)('$place: $args', async ({ args }) => {
    const root = await idleCommandLine();
    await expect(root.parseAsync(args, { from: 'user' })).resolves.toBeDefined();
  });

  it('would tell one that is none', async () => {
    const root = await idleCommandLine();
    await expect(root.parseAsync(['keys', 'list', '--directory', 'keys', '--jsson'], { from: 'user' })).rejects.toThrow(
      '--jsson',
    );
  });

  it('are all explained', async () => {
    const page = read('docs/commands.md');
    const { commands } = await idleCommandLine();
    expect(commands.map((command) => command.name()).filter((name) => !page.includes(name))).toEqual([]);
  });

  it('of npm are scripts of this package', () => {
    const { scripts } = JSON.parse(readFileSync(`${root}package.json`, 'utf8')) as { scripts: Record<string, string> };
    const texts = [...lines.map(({ words }) => words.join(' ')), ...pages.flatMap((page) => read(page))];
    const named = texts.flatMap((text) => [...text.matchAll(/\bnpm (?:run )?(start|test|(?<=run )[\w:-]+)/g)]);
    expect(named.length).toBeGreaterThan(10);
    expect(named.map(([, name = '']) => name).filter((name) => !(name in scripts))).toEqual([]);
  });

  it('are otherwise few', () => {
    const programs = new Set(lines.map(({ words }) => words[0]!));
    const few = ['curl', 'docker', 'kubectl', 'npm', 'npx', 'openssl', 'pg_dump', 'sed', 'umask'];
    expect([...programs].sort()).toEqual(few);
  });
});

describe('names of variables', () => {
  const places = { databaseUri: '', jwtSecret: '', port: 1, adminPort: 2 };
  const sources = [
    'cli',
    'cli/access',
    'cli/audit',
    'bench/prove',
    'constructs',
    'constructs/docker',
    'constructs/kubernetes',
    'constructs/secrets',
    'constructs/synth',
    'testing',
    'testing/backends/docker',
    'testing/cache',
    'testing/servers',
    'stacks',
    'scripts',
    'examples/existing',
    'examples/board',
    'examples/cluster',
    '.ci',
    'test/support/images',
  ]
    .flatMap((folder) => readdirSync(`${root}${folder}`, { withFileTypes: true }))
    .filter((entry) => entry.isFile())
    .map((entry) => readFileSync(`${entry.parentPath}/${entry.name}`, 'utf8'))
    .join('\n');
  const known = new Set([
    ...Object.keys(serverSettings(todos, places)),
    // Terraform's and psql's own.
    'TF_LOG',
    'ON_ERROR_STOP',
    ...(sources.match(/\b[A-Z]+(_[A-Z]+)+\b/g) ?? []),
  ]);

  it.each(pages)('%s: exist', (page) => {
    const named = read(page).match(/\b[A-Z]+(_[A-Z]+)+\b/g) ?? [];
    expect(named.filter((name) => !known.has(name))).toEqual([]);
  });
});
