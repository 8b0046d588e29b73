import { Option, type Command } from 'commander';
import { LEVELS, type Finding } from '../audit/finding.ts';
import { failing, makeReport, type AuditReport, type FailOn } from '../audit/report/audit-report.ts';
import { reportText } from '../audit/report/report-text.ts';
import { summary } from '../audit/report/report-words.ts';
import { visible } from '../errors/visible.ts';
import { refuse } from '../errors/secured-postgrest-error.ts';
import { commandConnection } from './named-connection.ts';
import { DATABASE_ARGUMENT, namedSources, type NamedSources } from './named-sources.ts';
import { docsAddress } from './audit/docs-address.ts';
import { FORMATS, type Format } from './audit/formats.ts';
import { ACCEPTED_FILE, readAcceptedFile } from './audit/read-accepted-file.ts';
import { KNOWN_RULES, runAudit } from './audit/run-audit.ts';
import { addConnectionOptions } from './connection.ts';
import { loadDeclaration } from './load-declaration.ts';
import { ownPackage } from './own-package.ts';
import { writeOutput } from './write-output.ts';
import { addScopeOptions, givenScope } from './scope-options.ts';
import type { ScopeOptions } from './../audit/anywhere/find-scope.ts';

interface Options extends ScopeOptions {
  readonly declaration?: string;
  readonly format: Format;
  readonly output?: string;
  readonly accepted?: string;
  readonly failOn: FailOn;
  readonly tryFixes?: true;
  readonly json?: true;
}

export function addAuditCommand(program: Command): void {
  const command = program
    .command('audit')
    .description(
      'find what requests reach in any database, and what makes them slow; exits with 2 if it finds an error',
    )
    .argument('[database]', DATABASE_ARGUMENT)
    .argument('[declaration]', 'module or JSON file: also say what is not as declared')
    .option('--declaration <file>', 'the same as the argument')
    .addOption(new Option('--format <name>', 'format of the report').choices(Object.keys(FORMATS)).default('text'))
    .option('--output <file>', 'where to; it is overwritten (default: standard output)')
    .option('--accepted <file>', `accepted findings (default: ${ACCEPTED_FILE}, if there is one)`)
    .addOption(
      new Option('--fail-on <level>', 'lowest level of findings that fail')
        .choices([...LEVELS, 'never'])
        .default('error'),
    )
    .option('--try-fixes', 'run each fix, audit again and roll back; needs the right to run the fixes')
    .option('--json', 'print a short list as JSON; --format json has more');
  addConnectionOptions(addScopeOptions(command), 'a role that may read the catalogs, such as the admin');
  command.action((one: string | undefined, other: string | undefined, options: Options) =>
    audit(namedSources([one, other], { declaration: options.declaration, place: 'audit' }), options, command),
  );
}

async function audit({ file, uri }: NamedSources, options: Options, command: Command): Promise<void> {
  const { accepted, failOn, tryFixes = false } = options;
  if (options.json && command.getOptionValueSource('format') === 'cli') {
    refuse('invalid_prop', '--json', 'it is a format of its own', 'leave out --json or --format');
  }
  const declaration = file === undefined ? undefined : await loadDeclaration(file);
  const connection = commandConnection(command, { uri });
  const entries = readAcceptedFile(accepted, KNOWN_RULES);
  const result = await runAudit(connection, {
    ...givenScope(options),
    declaration,
    tryFixes,
  });
  const report = makeReport({
    ...result,
    generator: { name: 'secured-postgrest', version: ownPackage.version },
    database: connection.database,
    entries,
    failOn,
    today: new Date().toISOString().slice(0, 10),
    docs: docsAddress(ownPackage),
  });
  // Accepted findings are written as the next version of the file that they were read from.
  write(report, options, [file, ...(options.format === 'accepted' ? [] : [accepted ?? ACCEPTED_FILE])]);
  if (failing(report).length > 0) process.exitCode = 2;
}

function write(report: AuditReport, { format, json, output }: Options, inputs: readonly (string | undefined)[]): void {
  const text = json ? `${JSON.stringify(report.findings.map(flat), undefined, 2)}\n` : FORMATS[format](report);
  if (output !== undefined) {
    writeOutput(output, text, inputs);
    console.log(`${visible(output)}: ${summary(report)}`);
    return;
  }
  const isColored = format === 'text' && !json && process.stdout.isTTY && !process.env['NO_COLOR'];
  console.log((isColored ? reportText(report, { color: true }) : text).trimEnd());
}

/** A finding as the short list has it: all of its fields are texts. */
function flat({ rule, level, object, problem, fix }: Finding) {
  return { rule, level, object: object.text, problem, fix: fix.text };
}
