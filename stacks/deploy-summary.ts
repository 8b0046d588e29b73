import { mkdirSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { sampleSubjects } from '../access/subjects.ts';
import type { DatabaseAccess, SecuredPostgrest } from '../constructs/index.ts';
import { TerraformStack } from '../constructs/synth/cdk/core.ts';
import { addCustomSynthesis } from '../constructs/synth/cdk/synthesizer.ts';
import { ownKeys } from '../declaration/keys/provider.ts';
import { apiRoles } from '../declaration/roles.ts';
import type { Declaration } from '../declaration/types.ts';
import { shellWord } from '../errors/shell-word.ts';

/** Has a summary of the deploy written to `summary.txt` in the synthesized directory of the API's stack. */
export function addSummary(api: SecuredPostgrest, access: DatabaseAccess): void {
  addCustomSynthesis(api, {
    onSynthesize({ outdir, manifest }) {
      const directory = join(outdir, manifest.forStack(TerraformStack.of(api)).workingDirectory);
      mkdirSync(directory, { recursive: true });
      writeFileSync(join(directory, 'summary.txt'), deploySummary(api, access));
    },
  });
}

function deploySummary(
  { url, urls: servers, gateway }: SecuredPostgrest,
  { declaration, pendingSql, secrets }: DatabaseAccess,
): string {
  const urls = gateway === undefined ? servers : [url];
  const sql = pendingSql ?? ['nothing, or a new database: `plan-sql` prints all of it'];
  return [
    '',
    `${declaration.name} is deployed`,
    ...section(urls.length === 1 ? 'URL' : 'URLs', urls),
    ...section(
      'roles',
      apiRoles(declaration).map(({ name }) => name),
    ),
    ...section('SQL', sql),
    ...(typeof secrets.keys === 'string' ? section('a token', mintLine(declaration, secrets.keys)) : []),
    '',
  ].join('\n');
}

function section(title: string, lines: readonly string[]): string[] {
  return lines.length === 0 ? [] : [`  ${title}:`, ...lines.map((line) => `    ${line}`)];
}

/** This package's command: from the sources, or where the package is installed. */
const PROGRAM = import.meta.url.endsWith('.ts') ? ['npx', 'tsx', 'cli/main.ts'] : ['npx', 'secured-postgrest'];

/** The command that signs a token for the first role; none where a provider signs, or no role takes tokens. */
function mintLine(declaration: Declaration, directory: string): string[] {
  const { keys, tokens } = declaration;
  const own = ownKeys(keys);
  const subject = Object.values(sampleSubjects(declaration)).find((one) => one !== undefined);
  if (own === undefined || !('generate' in own) || subject === undefined) return [];
  const { issuer, audience, requiredClaims } = tokens;
  const claims = Object.entries(subject.claims).flatMap(([name, value]) => [
    '--claim',
    `${name}=${JSON.stringify(value)}`,
  ]);
  const needsSubject = requiredClaims.includes('sub') && !('sub' in subject.claims);
  const words = [
    ...PROGRAM,
    ...['token', 'mint', '--directory', relative('.', directory), '--role', subject.role, ...claims],
    ...(issuer === undefined ? [] : ['--issuer', issuer]),
    ...(audience === undefined ? [] : ['--audience', audience]),
    ...(needsSubject ? ['--subject', 'sample'] : []),
  ];
  return [words.map(shellWord).join(' ')];
}
