import type { Command } from 'commander';
import { desiredAccess } from '../compile/access.ts';
import { loadDeclaration } from './load-declaration.ts';

export function addPlanSqlCommand(program: Command): void {
  program
    .command('plan-sql')
    .description('print the functions and policies of a declaration as SQL, without a database')
    .argument('<declaration>', 'module or JSON file with the declaration')
    .action(async (file: string) => {
      const { tables, functions, policies, triggers, defaults } = desiredAccess(await loadDeclaration(file));
      for (const { statement } of [...tables, ...functions, ...policies, ...triggers, ...defaults])
        console.log(`${statement.trim()};\n`);
    });
}
