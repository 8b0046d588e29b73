import type { Command } from 'commander';
import { auditDatabase } from '../apply/diff.ts';
import { addConnectionOptions, toConnection, type ConnectionOptions } from './connection.ts';
import { loadDeclaration } from './load-declaration.ts';

export function addAuditCommand(program: Command): void {
  addConnectionOptions(
    program
      .command('audit')
      .description('find what opens more in a database than is declared; exit status 2 for an error')
      .argument('<declaration>', 'module or JSON file with the declaration')
      .option('--json', 'for programs'),
  ).action(async (file: string, { json, ...connection }: ConnectionOptions & { json?: true }) => {
    const findings = await auditDatabase(toConnection(connection), await loadDeclaration(file));
    if (json) console.log(JSON.stringify(findings, undefined, 2));
    else {
      for (const { level, rule, object, problem, fix } of findings)
        console.log(`${level}: ${rule}: ${object} ${problem} (${fix})`);
      if (findings.length === 0) console.log('nothing found');
    }
    if (findings.some(({ level }) => level === 'error')) process.exitCode = 2;
  });
}
