import { existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { extname, join, relative, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { Option, type Command } from 'commander';
import type pg from 'pg';
import { compareWithDeclared, type DeclaredDatabase } from '../../access/prove/as-declared.ts';
import { attackProof } from '../../access/prove/attack-proof.ts';
import { proofJson } from '../../access/prove/report/proof-json.ts';
import { proofText } from '../../access/prove/report/proof-text.ts';
import { totals } from '../../access/prove/report/proof-summary.ts';
import { checkConditions } from '../../access/prove/properties/check-conditions.ts';
import { readProperties } from '../../access/prove/properties/read-properties.ts';
import { prove, type Proof } from '../../access/prove/prove.ts';
import { startSolver } from '../../access/prove/solver.ts';
import { testOf } from '../../access/prove/test-of.ts';
import { readAnywhere } from '../../audit/anywhere/read-anywhere.ts';
import type { ScopeOptions } from '../../audit/anywhere/find-scope.ts';
import { declaredScope } from '../../audit/declared-scope.ts';
import type { Declaration } from '../../declaration/types.ts';
import { refuse } from '../../errors/secured-postgrest-error.ts';
import { withClient } from '../../postgres/with-client.ts';
import { withConnection } from '../../postgres/with-connection.ts';
import { startSource } from '../../testing/source.ts';
import { isUri } from '../database-uri.ts';
import { commandConnection } from '../named-connection.ts';
import { checkModule, checkSource } from '../check-source.ts';
import { addConnectionOptions } from '../connection.ts';
import { loadDeclaration } from '../load-declaration.ts';
import { parseSeconds } from '../parse-seconds.ts';
import { refuseDatabaseOptions } from '../refuse-options.ts';
import { addScopeOptions, givenScope } from '../scope-options.ts';

interface Options extends ScopeOptions {
  readonly properties?: string;
  readonly declaration?: string;
  readonly format: 'text' | 'json';
  readonly writeTests?: string;
  readonly failOn: 'leak' | 'not-modelled';
  readonly replay?: true;
  readonly attack?: number;
}

export function addProveCommand(access: Command): void {
  const command = access
    .command('prove')
    .description('prove who sees what, for all rows and tokens; exits with 2 if there is a leak')
    .argument('[declaration]', 'file with the declaration; or postgresql://user@host:5432/name (default: DATABASE_URL)')
    .option('--declaration <file>', 'of a database: prove it against this declaration, and compare both')
    .option('--properties <file>', 'properties of your own, beside the derived ones: JSON, or a module')
    .addOption(new Option('--format <name>', 'format of the report').choices(['text', 'json']).default('text'))
    .option('--write-tests <directory>', 'write a test of vitest for each leak of a declaration')
    .addOption(
      new Option('--fail-on <verdict>', 'the mildest verdict that fails')
        .choices(['leak', 'not-modelled'])
        .default('leak'),
    )
    .option(
      '--replay',
      'of a database: run each counterexample in a transaction that is rolled back; needs a superuser',
    )
    .option(
      '--attack <seconds>',
      'of a declaration: send random requests at all that was proven; exits with 1 if one contradicts a proof',
      parseSeconds,
    );
  addScopeOptions(command);
  addConnectionOptions(command, 'a role that may read the catalogs; with --replay, a superuser');
  command.action((target: string | undefined, options: Options) => run(target, options, command));
}

async function run(target: string | undefined, options: Options, command: Command): Promise<void> {
  const isFile = target !== undefined && !isUri(target);
  if (!isFile) {
    const name = 'name the file with the declaration';
    if (options.writeTests !== undefined) {
      refuse('invalid_prop', '--write-tests', 'a test needs a declaration to start', name);
    }
    if (options.attack !== undefined) {
      refuse('invalid_prop', '--attack', 'random rows and requests need a database of their own', name);
    }
  }
  if (isFile) refuseDatabaseOptions(command, target, ['declaration', 'replay']);
  const proof = isFile ? await proveDeclaration(target, options) : await proveConnection(target, options, command);
  process.stdout.write(options.format === 'json' ? proofJson(proof) : proofText(proof));
  checkContradictions(proof);
  const { leak, 'not modelled': open } = totals(proof.judgements);
  const changes = proof.asDeclared?.changes ?? [];
  const isUndecided = changes.some(({ grade }) => grade === 'not decided');
  const isOpen = open > 0 || proof.revocation?.status === 'not modelled' || isUndecided;
  const differs = changes.some(({ grade }) => grade !== 'not decided');
  if (leak > 0 || differs || (options.failOn === 'not-modelled' && isOpen)) process.exitCode = 2;
}

async function proveDeclaration(file: string, options: Options): Promise<Proof> {
  const declaration = await loadDeclaration(file);
  const source = await startSource(declaration);
  try {
    const proof = await source.inCopy(async (connection) => {
      const proven = await withClient(connection, (client) =>
        proveClient(client, options, { declaration, replays: true }),
      );
      const { attack: seconds } = options;
      return seconds === undefined ? proven : attackProof(proven, { connection, declaration, seconds });
    });
    if (options.writeTests !== undefined) await writeTests(proof, declaration, file, options.writeTests);
    return proof;
  } finally {
    await source.stop();
  }
}

/** @throws SecuredPostgrestError `proof_contradicted` */
function checkContradictions({ attack }: Proof): void {
  const [first, ...others] = attack?.contradictions ?? [];
  if (!first) return;
  const { words, relation } = first.property;
  refuse(
    'proof_contradicted',
    `${relation.schema}.${relation.name}`,
    `the proof is wrong that ${words}${others.length > 0 ? `, and so are ${others.length} more` : ''}`,
    'report the case in the output, and treat it as a leak',
  );
}

async function proveConnection(uri: string | undefined, options: Options, command: Command): Promise<Proof> {
  const connection = commandConnection(command, { uri, orDeclaration: true });
  const replays = options.replay ?? false;
  if (options.declaration === undefined) {
    return withConnection(connection, (client) => proveClient(client, options, { replays }));
  }
  const declaration = await loadDeclaration(options.declaration);
  const source = await startSource(declaration);
  try {
    return await source.inCopy((declared) =>
      withConnection(connection, (client) => {
        const compared = { declared, ...(replays && { connection }) };
        return proveClient(client, options, { declaration, replays, compared });
      }),
    );
  } finally {
    await source.stop();
  }
}

/** A database to prove. */
interface Database {
  readonly declaration?: Declaration;
  readonly replays: boolean;
  /** Connections with which it is compared with its declaration. */
  readonly compared?: Pick<DeclaredDatabase, 'declared' | 'connection'>;
}

async function proveClient(
  client: pg.ClientBase,
  { properties: file, ...options }: Options,
  { declaration, replays, compared }: Database,
): Promise<Proof> {
  const audited = await readAnywhere(
    client,
    declaration ? declaredScope(declaration) : { ...givenScope(options), environment: process.env },
  );
  const properties = file === undefined ? [] : await readProperties(await loadProperties(file), file, audited);
  await checkConditions(client, properties, file ?? '');
  const solver = await startSolver();
  try {
    const compare =
      declaration && compared && (() => compareWithDeclared({ declaration, audited, solver, ...compared }));
    return await prove({ audited, declaration, properties, client: replays ? client : undefined, solver, compare });
  } finally {
    await solver[Symbol.asyncDispose]();
  }
}

async function loadProperties(path: string): Promise<unknown> {
  const file = resolve(path);
  const fix = 'name the file of properties';
  if (!existsSync(file)) refuse('invalid_property', path, `there is no file ${file}`, fix);
  if (statSync(file).isDirectory()) refuse('invalid_property', path, 'it is a directory', fix);
  const isJson = extname(file) === '.json';
  (isJson ? checkSource : checkModule)(file);
  try {
    if (isJson) return JSON.parse(readFileSync(file, 'utf8')) as unknown;
    return ((await import(pathToFileURL(file).href)) as { default?: unknown }).default;
  } catch (error) {
    return refuse('invalid_property', path, `it cannot be loaded (${String(error)})`, 'correct the file', error);
  }
}

async function writeTests(proof: Proof, declaration: Declaration, file: string, directory: string): Promise<void> {
  const path = relative(directory, file).replaceAll('\\', '/');
  const imports = {
    declaration: path.startsWith('.') ? path : `./${path}`,
    anonymous: declaration.anonymous?.name,
  };
  for (const { property, verdict } of proof.judgements) {
    if (verdict.status !== 'leak') continue;
    const replayed = proof.replays.get(verdict.counterexample);
    if (!replayed) continue;
    const test = await testOf(property, verdict.counterexample, replayed, imports);
    mkdirSync(directory, { recursive: true });
    writeFileSync(join(directory, test.file), test.text);
    console.error(`${join(directory, test.file)}: fails until the declaration is mended`);
  }
}
