import type { Command } from 'commander';
import { auditDatabase } from '../apply/diff.ts';
import { findingLine, type Finding } from '../audit/finding.ts';
import { addConnectionOptions, toConnection, type ConnectionOptions } from './connection.ts';
import { loadDeclaration } from './load-declaration.ts';

export function addAuditCommand(program: Command): void {
  addConnectionOptions(
    program
      .command('audit')
      .description('find access that is not declared; exits with 2 if a finding is an error')
      .argument('<declaration>', 'module or JSON file with the declaration')
      .option('--json', 'print JSON'),
  ).action(async (file: string, { json, ...connection }: ConnectionOptions & { json?: true }) => {
    const findings = await auditDatabase(toConnection(connection), await loadDeclaration(file));
    if (json) console.log(JSON.stringify(findings.map(flat), undefined, 2));
    else {
      for (const finding of findings) console.log(`${finding.level}: ${findingLine(finding)}`);
      if (findings.length === 0) console.log('nothing found');
    }
    if (findings.some(({ level }) => level === 'error')) process.exitCode = 2;
  });
}

/** A finding as the stable output for programs: all of its fields are texts. */
function flat({ rule, level, object, problem, fix }: Finding) {
  return { rule, level, object: object.text, problem, fix: fix.text };
}
