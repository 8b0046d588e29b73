import type { Command } from 'commander';
import { isNoWider } from '../access/diff/is-no-wider.ts';
import type { ApplyGate } from '../apply/apply-gate.ts';
import { applyDeclaration } from '../apply/apply.ts';
import { removedLines } from '../apply/removed.ts';
import { statementLines } from '../apply/statement-lines.ts';
import { untilSchemaRead } from '../apply/schema-reads.ts';
import { findingLine } from '../audit/finding.ts';
import type { Declaration } from '../declaration/types.ts';
import type { DatabaseConnection } from '../postgres/connect.ts';
import { withClient } from '../postgres/with-client.ts';
import { addConnectionOptions, ADMIN } from './connection.ts';
import { loadDeclaration } from './load-declaration.ts';
import { commandConnection } from './named-connection.ts';
import { comparedSources, DATABASE_ARGUMENT } from './named-sources.ts';

interface Options {
  readonly declaration?: string;
  readonly revision?: string;
  /** False: access may not grow. */
  readonly wider: boolean;
}

export function addApplyCommand(program: Command): void {
  const command = program
    .command('apply')
    .description('reconcile a database with its declaration, in one audited transaction')
    .argument('[declaration]', 'module or JSON file with the declaration')
    .argument('[database]', DATABASE_ARGUMENT)
    .option('--declaration <file>', 'the same as the argument')
    .option('--revision <name>', 'a name for the run, recorded in the database')
    .option('--no-wider', 'stop before access grows, and list what would grow (also: NO_WIDER=1)');
  addConnectionOptions(command, ADMIN);
  command.action(async (one: string | undefined, other: string | undefined, options: Options) => {
    const { revision, wider } = options;
    const { file, uri } = comparedSources([one, other], { declaration: options.declaration, place: 'apply' });
    const declaration = await loadDeclaration(file);
    const connection = commandConnection(command, { uri });
    const { migrations, changes, statements, removed, warnings } = await applyDeclaration(connection, declaration, {
      revision,
      gate: wider && !isNoWider() ? undefined : await gateOf(declaration),
    });
    for (const file of migrations) console.log(`migrated ${file}`);
    for (const line of removedLines(removed)) console.log(line);
    for (const warning of warnings) console.log(`warning: ${findingLine(warning)}`);
    if (changes <= MOST_LISTED) for (const line of statementLines(statements)) console.log(line);
    console.log(
      changes === 0
        ? 'access is as declared'
        : `access brought to what is declared: ${changes === 1 ? '1 statement' : `${changes} statements`}`,
    );
    if (migrations.length + changes > 0) await untilServersKnow(connection, declaration);
  });
}

/** Loads what only runs with the gate need. */
async function gateOf(declaration: Declaration): Promise<ApplyGate> {
  const { noWider } = await import('../access/diff/no-wider.ts');
  return noWider(declaration);
}

/** A first run has dozens of statements, which `plan-sql` prints. */
const MOST_LISTED = 10;
const SCHEMA_MS = 30_000;

/** A server that does not answer must not keep a deploy from replacing it. */
async function untilServersKnow(connection: DatabaseConnection, { authenticator }: Declaration): Promise<void> {
  const behind = await withClient(connection, (client) =>
    untilSchemaRead(client, { authenticator, timeoutMs: SCHEMA_MS }),
  );
  if (behind.length === 0) return;
  const servers = behind.join(', ');
  console.log(
    `warning: the servers at ${servers} have not read the new schema within ${SCHEMA_MS / 1000} s; see their logs`,
  );
}
