import { Option, type Command } from 'commander';
import { explainRequest, type WhyOptions } from '../../access/why/explain-request.ts';
import type { Caller } from '../../access/why/caller.ts';
import type { Explanation } from '../../access/why/explanation.ts';
import { parseRequest, type ApiRequest } from '../../access/why/request/api-request.ts';
import { whyText } from '../../access/why/why-text.ts';
import type { Declaration } from '../../declaration/types.ts';
import { refuse } from '../../errors/secured-postgrest-error.ts';
import { startEphemeralPostgrest } from '../../testing/index.ts';
import { readKeys } from '../../tokens/index.ts';
import { claimOption } from '../claim-option.ts';
import { commandConnection, namesDatabase } from '../named-connection.ts';
import { parseDatabaseUri } from '../database-uri.ts';
import { addConnectionOptions } from '../connection.ts';
import { readSeed } from '../dev/seed.ts';
import {
  addEncryptionKeyOptions,
  addKeyPlaceOptions,
  toEncryptionKeys,
  toKeyPlace,
  type EncryptionKeyOptions,
  type KeyPlaceOptions,
} from '../key-place.ts';
import { loadDeclaration } from '../load-declaration.ts';
import { parseCount } from '../parse-count.ts';
import { areElsewhere, tokenFrom, verificationKeys } from '../verification-keys.ts';
import { addScopeOptions, givenScope } from '../scope-options.ts';
import type { ScopeOptions } from '../../audit/anywhere/find-scope.ts';

interface Options extends ScopeOptions, KeyPlaceOptions, EncryptionKeyOptions {
  readonly data?: string;
  readonly schema?: string;
  readonly prefer: readonly string[];
  readonly returnRows?: true;
  readonly claim: Readonly<Record<string, unknown>>;
  readonly claims?: Readonly<Record<string, unknown>>;
  readonly declaration?: string;
  readonly seed?: string;
  readonly rows: number;
  readonly format: 'text' | 'json';
}

export function addWhyCommand(access: Command): void {
  const command = access
    .command('why')
    .description('explain why a request is rejected, or why a row is not shown or changed; nothing is kept')
    .argument('<token>', 'a token; - for standard input; none; or a role, with --claim')
    .argument('<request>', "such as 'GET /todos?id=eq.3', or with a whole URL")
    .argument(
      '[database]',
      'postgresql://user@host:5432/name (default: DATABASE_URL, or an environment of the declaration)',
    )
    .option('--data <text>', 'body, as JSON or as a form')
    .option('--schema <name>', 'exposed schema that the request names (default: the first one)')
    .option(
      '--prefer <value>',
      'value of the header Prefer, such as resolution=merge-duplicates; can be repeated',
      (value: string, before: readonly string[]) => [...before, value],
      [],
    )
    .option('--return-rows', 'the same as --prefer return=representation')
    .addOption(claimOption('claim of the role'))
    .option('--claims <json>', 'the same, as one JSON object', parseClaims)
    .option('--declaration <file>', 'declaration of the database: its rules for tokens')
    .option('--seed <file>', 'SQL that fills an environment of the declaration (default: seed.sql beside it)')
    .option('--rows <number>', 'how many rows to explain', parseCount, 20)
    .addOption(new Option('--format <name>', 'format of the answer').choices(['text', 'json']).default('text'));
  addEncryptionKeyOptions(addKeyPlaceOptions(command));
  addConnectionOptions(addScopeOptions(command), 'a superuser, or a member of the owner and of the roles of requests');
  command.action((token: string, request: string, database: string | undefined, options: Options) =>
    why({ token, request, database }, options, command),
  );
}

interface Asked {
  readonly token: string;
  readonly request: string;
  readonly database: string | undefined;
}

async function why({ token, request: text, database }: Asked, options: Options, command: Command): Promise<void> {
  const { data, schema, returnRows, declaration: file, format } = options;
  const prefer = [...options.prefer, ...(returnRows ? ['return=representation'] : [])];
  const request = parseRequest(text, { data, schema, prefer });
  const caller = await callerOf(token, options);
  const declaration = file === undefined ? undefined : await loadDeclaration(file);
  const ask = { caller, request, options: whyOptions(options, declaration) };
  const isNamed = database !== undefined || namesDatabase(command) || Boolean(process.env['DATABASE_URL']);
  const explanation =
    declaration && !isNamed
      ? await inEnvironment(declaration, readSeed(file!, options.seed), ask)
      : await explainRequest(commandConnection(command, { uri: database }), caller, request, ask.options);
  console.log(format === 'json' ? JSON.stringify(explanation, undefined, 2) : whyText(explanation));
}

/** A token has dots between its parts; a role is a role, with the claims of the options. */
async function callerOf(text: string, { claim, claims }: Options): Promise<Caller> {
  if (text === 'none') return { kind: 'none' };
  const given = { ...claims, ...claim };
  if (text === '-' || text.split('.').length >= 3) {
    if (Object.keys(given).length > 0) {
      refuse(
        'invalid_prop',
        '--claim',
        'a token has its own claims',
        'name a role in place of the token, or leave out --claim',
      );
    }
    return { kind: 'token', token: await tokenFrom(text) };
  }
  return { kind: 'subject', subject: { role: text, claims: given } };
}

function whyOptions(options: Options, declaration: Declaration | undefined): WhyOptions {
  const encryption = declaration && toEncryptionKeys(options, declaration);
  const isKnown = declaration && (toKeyPlace(options) !== undefined || !areElsewhere(declaration));
  return {
    ...givenScope(options),
    declaration,
    limit: options.rows,
    environment: process.env,
    ...(isKnown && { keySet: verificationKeys(declaration, options) }),
    ...(encryption && { decryptionKeys: readKeys(encryption) }),
  };
}

interface Ask {
  readonly caller: Caller;
  readonly request: ApiRequest;
  readonly options: WhyOptions;
}

/** Asks a database that is made from the declaration for this question. */
async function inEnvironment(
  declaration: Declaration,
  seed: ReturnType<typeof readSeed>,
  { caller, request, options }: Ask,
): Promise<Explanation> {
  await using environment = await startEphemeralPostgrest(declaration, { seed });
  const {
    host = '',
    database = '',
    user = '',
    password = '',
    ...rest
  } = parseDatabaseUri(environment.databaseUrl, 'environment');
  return await explainRequest({ ...rest, host, database, user, password }, caller, request, options);
}

function parseClaims(text: string): Readonly<Record<string, unknown>> {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    refuse('invalid_prop', '--claims', `it is no JSON (${String(error)})`, 'write {"user_id": 1}', error);
  }
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Record<string, unknown>;
  return refuse('invalid_prop', '--claims', 'it is no JSON object', 'write {"user_id": 1}');
}
