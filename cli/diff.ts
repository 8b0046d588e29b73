import type { Command } from 'commander';
import { diffDeclaration } from '../apply/diff.ts';
import { addConnectionOptions, toConnection, type ConnectionOptions } from './connection.ts';
import { loadDeclaration } from './load-declaration.ts';

export function addDiffCommand(program: Command): void {
  addConnectionOptions(
    program
      .command('diff')
      .description('show what applying a declaration would change, without changing it; exit status 2 if anything')
      .argument('<declaration>', 'module or JSON file with the declaration')
      .option('--json', 'for programs'),
  ).action(async (file: string, { json, ...connection }: ConnectionOptions & { json?: true }) => {
    const difference = await diffDeclaration(toConnection(connection), await loadDeclaration(file));
    const { migrations, statements, missing } = difference;
    if (json) {
      console.log(JSON.stringify(difference, undefined, 2));
    } else {
      for (const migration of migrations) console.log(`-- migration ${migration}`);
      for (const object of missing) console.log(`-- missing ${object}`);
      for (const sql of statements) console.log(`${sql};`);
    }
    if (migrations.length + statements.length + missing.length > 0) process.exitCode = 2;
    else if (!json) console.log('-- no difference');
  });
}
