import type { Command } from 'commander';
import { diffDeclaration } from '../apply/diff.ts';
import { visible, visibleLines } from '../errors/visible.ts';
import { addConnectionOptions, ADMIN } from './connection.ts';
import { loadDeclaration } from './load-declaration.ts';
import { commandConnection } from './named-connection.ts';
import { comparedSources, DATABASE_ARGUMENT } from './named-sources.ts';

interface Options {
  readonly declaration?: string;
  readonly json?: true;
}

export function addDiffCommand(program: Command): void {
  const command = program
    .command('diff')
    .description('compare a database with a declaration; exits with 2 if they differ')
    .argument('[declaration]', 'module or JSON file with the declaration')
    .argument('[database]', DATABASE_ARGUMENT)
    .option('--declaration <file>', 'the same as the argument')
    .option('--json', 'print JSON');
  addConnectionOptions(command, ADMIN);
  command.action(async (one: string | undefined, other: string | undefined, { json, declaration: named }: Options) => {
    const { file, uri } = comparedSources([one, other], { declaration: named, place: 'diff' });
    const declaration = await loadDeclaration(file);
    const difference = await diffDeclaration(commandConnection(command, { uri }), declaration);
    const { migrations, statements, missing } = difference;
    if (json) {
      console.log(JSON.stringify(difference, undefined, 2));
    } else {
      for (const migration of migrations) console.log(`-- migration ${migration}`);
      for (const object of missing) console.log(`-- missing ${visible(object)}`);
      // Another program gets the SQL as it is.
      const shown = process.stdout.isTTY ? visibleLines : String;
      for (const sql of statements) console.log(`${shown(sql)};`);
    }
    if (migrations.length + statements.length + missing.length > 0) process.exitCode = 2;
    else if (!json) console.log('-- no difference');
  });
}
