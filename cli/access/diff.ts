import { Option, type Command } from 'commander';
import { diffAccess } from '../../access/diff/diff-access.ts';
import { withLogic } from '../../access/diff/logic.ts';
import { replayRows } from '../../access/diff/replay-rows.ts';
import type { AccessDiff } from '../../access/diff/access-diff.ts';
import { diffComment } from '../../access/report/diff-comment.ts';
import { diffHtml } from '../../access/report/diff-html.ts';
import { diffJson } from '../../access/report/diff-json.ts';
import { FAIL_ON_CHANGE, fails, type DiffReport, type FailOnChange } from '../../access/report/diff-report.ts';
import { diffText } from '../../access/report/diff-text.ts';
import { diffSummary } from '../../access/report/diff-words.ts';
import { refuse } from '../../errors/secured-postgrest-error.ts';
import { visible } from '../../errors/visible.ts';
import { SSL_MODES } from '../database-uri.ts';
import { givenOptions } from '../named-connection.ts';
import { ownPackage } from '../own-package.ts';
import { refuseDatabaseOptions } from '../refuse-options.ts';
import { writeOutput } from '../write-output.ts';
import { parseFileAt } from './declaration-at.ts';
import { isDatabase, prepareSide, type OpenSide, type SideOptions } from './open-side.ts';
import { addScopeOptions, givenScope } from '../scope-options.ts';
import type { ScopeOptions } from '../../audit/anywhere/find-scope.ts';

/** Reports by the name of their format. */
const FORMATS = {
  text: (report: DiffReport) => diffText(report),
  json: diffJson,
  html: diffHtml,
  comment: diffComment,
} satisfies Record<string, (report: DiffReport) => string>;

interface Options extends ScopeOptions {
  readonly format: keyof typeof FORMATS;
  readonly output?: string;
  readonly failOn: FailOnChange;
}

export function addAccessDiffCommand(access: Command): void {
  const command = access
    .command('diff')
    .description('grade how access changes between two declarations, commits or databases; exits with 2 if it may grow')
    .argument(
      '<before>',
      'a declaration, one at a commit (HEAD~1:declaration.ts), a database (postgresql://user@host/name), or a variable with its URI',
    )
    .argument('[after]', 'the same (default: the file of <before> as it is now)')
    .addOption(new Option('--format <name>', 'format of the report').choices(Object.keys(FORMATS)).default('text'))
    .option('--output <file>', 'where to; it is overwritten (default: standard output)')
    .addOption(
      new Option('--fail-on <change>', 'changes for which the command exits with 2')
        .choices(FAIL_ON_CHANGE)
        .default('wider'),
    )
    .option('--password-file <file>', 'password of the databases, in a file')
    .addOption(new Option('--sslmode <mode>', 'encryption').choices([...SSL_MODES]))
    .option('--ssl-root-certificate <file>', 'certificates to trust, PEM');
  addScopeOptions(command).action(async (before: string, after: string | undefined, options: Options) => {
    const sides = { connection: givenOptions(command), scope: givenScope(options) };
    const now = after ?? presentFile(before);
    if (![before, now].some(isDatabase)) refuseDatabaseOptions(command, before);
    const diff = await compare(before, now, sides);

    const report = {
      generator: { name: 'secured-postgrest', version: ownPackage.version },
      diff,
      failOn: options.failOn,
    };
    write(report, options, [before, now]);
    if (fails(report)) process.exitCode = 2;
  });
}

/** The file of `HEAD~1:declaration.ts` in the working tree. */
function presentFile(before: string): string {
  const at = parseFileAt(before);
  if (!at) {
    refuse(
      'invalid_prop',
      'access diff',
      `it is not said what ${visible(before)} is compared with`,
      'name a second declaration or database, or the first one at a commit, such as HEAD~1:declaration.ts',
    );
  }
  return at.path;
}

async function compare(before: string, after: string, options: SideOptions): Promise<AccessDiff> {
  const prepared = await Promise.allSettled([before, after].map((text) => prepareSide(text, options)));
  const sides = prepared.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []));
  try {
    for (const result of prepared) if (result.status === 'rejected') throw result.reason;
    const [old, now] = sides as [(typeof sides)[number], (typeof sides)[number]];
    return await old.use((one) => now.use((other) => grade(one, other), old.declared), now.declared);
  } finally {
    await Promise.all(sides.map((side) => side.end()));
  }
}

/** A database does not say what its servers call before each request: it is what the other side calls. */
async function grade(before: OpenSide, after: OpenSide): Promise<AccessDiff> {
  const preRequest = before.preRequest ?? after.preRequest;
  const sides = [before, after].map((side) => ({ ...side, preRequest: side.preRequest ?? preRequest }));
  const diff = await withLogic((compareRows) => diffAccess(sides[0]!, sides[1]!, { compareRows }));
  return before.isEphemeral && after.isEphemeral ? replayRows(diff, before, after) : diff;
}

function write(report: DiffReport, { format, output }: Options, inputs: readonly string[]): void {
  const text = FORMATS[format](report);
  if (output !== undefined) {
    writeOutput(output, text, inputs);
    console.log(`${visible(output)}: ${diffSummary(report.diff)}`);
    return;
  }
  const isColored = format === 'text' && process.stdout.isTTY && !process.env['NO_COLOR'];
  process.stdout.write(isColored ? diffText(report, { color: true }) : text);
}
