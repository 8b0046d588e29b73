import type { Command } from 'commander';
import { applyDeclaration } from '../apply/apply.ts';
import { findingLine } from '../audit/finding.ts';
import { addConnectionOptions, toConnection, type ConnectionOptions } from './connection.ts';
import { loadDeclaration } from './load-declaration.ts';

interface Options extends ConnectionOptions {
  readonly declaration: string;
  readonly revision?: string;
}

export function addApplyCommand(program: Command): void {
  addConnectionOptions(
    program
      .command('apply')
      .description('reconcile a database with its declaration, in one audited transaction')
      .requiredOption('--declaration <file>', 'module or JSON file with the declaration')
      .option('--revision <name>', 'a name for the run, recorded in the database'),
  ).action(async ({ declaration, revision, ...connection }: Options) => {
    const { migrations, changes, warnings } = await applyDeclaration(
      toConnection(connection),
      await loadDeclaration(declaration),
      { revision },
    );
    for (const file of migrations) console.log(`migrated ${file}`);
    for (const warning of warnings) console.log(`warning: ${findingLine(warning)}`);
    console.log(
      changes === 0
        ? 'access is as declared'
        : `access brought to what is declared: ${changes === 1 ? '1 statement' : `${changes} statements`}`,
    );
  });
}
