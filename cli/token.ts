import { existsSync } from 'node:fs';
import type { Command } from 'commander';
import { refuse } from '../errors/secured-postgrest-error.ts';
import type { Declaration } from '../declaration/types.ts';
import { checkRole, tokenOptions } from '../testing/token-options.ts';
import {
  encryptionHeader,
  encryptToken,
  examineToken,
  openToken,
  readKeys,
  readToken,
  signToken,
  type TokenOptions,
  type TokenProblem,
} from '../tokens/index.ts';
import { keyStore } from '../tokens/keys/key-store.ts';
import { keysCommand } from '../tokens/keys/keys-command.ts';
import {
  addEncryptionKeyOptions,
  addKeyPlaceOptions,
  keyPlace,
  toEncryptionKeys,
  toKeyPlace,
  type EncryptionKeyOptions,
  type KeyPlaceOptions,
  usualKeys,
} from './key-place.ts';
import { checkPrivateDirectory } from '../files/private-files.ts';
import { loadDeclaration } from './load-declaration.ts';
import { claimOption } from './claim-option.ts';
import { namedSources } from './named-sources.ts';
import { parseLifetime } from './parse-seconds.ts';
import { parseTime } from './parse-time.ts';
import { addTokenRevokeCommand } from './token-revoke.ts';
import { tokenFrom, verificationKeys } from './verification-keys.ts';

type MintOptions = Omit<TokenOptions, 'claims'> &
  KeyPlaceOptions &
  EncryptionKeyOptions & {
    readonly declaration?: string;
    readonly claim: Readonly<Record<string, unknown>>;
  };

/** Claims that have an option of their own beside `--claim`. */
const CLAIM_OPTIONS = { aud: 'audience', iss: 'issuer', sub: 'subject', exp: 'expiresIn' } as const;

interface VerifyOptions extends KeyPlaceOptions, EncryptionKeyOptions {
  readonly at?: Date;
  readonly json?: true;
}

export function addTokenCommand(program: Command): void {
  const token = program.command('token').description('make, read, verify and revoke tokens');

  addEncryptionKeyOptions(
    addKeyPlaceOptions(
      token
        .command('mint')
        .description('sign a token with the key that is in use, encrypt it where asked for or declared, and print it'),
    ),
  )
    .argument('[declaration]', 'have the token be what this declaration wants: its issuer and audience, a role of it')
    .requiredOption('--role <name>', 'database role of requests with this token')
    .option('--declaration <file>', 'the same as the argument')
    .addOption(claimOption('further claim'))
    .option('--audience <name>', 'the audience (aud)')
    .option('--issuer <name>', 'the issuer (iss)')
    .option('--subject <name>', 'the subject (sub)')
    .option('--expires-in <seconds>', 'lifetime (default: 3600)', parseLifetime)
    .action(async (argument: string | undefined, { claim, declaration: option, ...options }: MintOptions) => {
      const { file = argument } = namedSources([argument], { declaration: option, place: 'token mint' });
      const declaration = file === undefined ? undefined : await loadDeclaration(file);
      const place = keyPlace(withDirectory(options, declaration));
      const [key] = readKeys(place);
      if (key === undefined) {
        refuse(
          'unreadable_key',
          keyStore(place).place,
          'there is no key',
          `make one with: ${keysCommand('generate', keyStore(place).options)}`,
        );
      }
      const { issuer, audience } = declaration?.tokens ?? {};
      const signed = await signToken(key, {
        ...(issuer !== undefined && { issuer }),
        ...(audience !== undefined && { audience }),
        ...optionsOf(claim, options),
        ...options,
      });
      const token = await encryptWhereNeeded(signed, options, declaration);
      if (declaration) await checkMinted(token, declaration, options);
      console.log(token);
    });

  addEncryptionKeyOptions(
    token
      .command('inspect')
      .description(
        'print header and claims of a token, without a check; of an encrypted one without its key the header',
      ),
  )
    .argument('[token]', 'the token (default: read from standard input, where no other user of this machine sees it)')
    .action(async (given: string | undefined, options: EncryptionKeyOptions) => {
      console.log(JSON.stringify(await inspect(await tokenFrom(given), options), undefined, 2));
    });

  addEncryptionKeyOptions(
    addKeyPlaceOptions(
      token
        .command('verify')
        .description(
          'tell whether the declared server would serve requests with a token, and why not; exit status 2 if not',
        ),
    ),
  )
    .argument('<declaration>', 'module or JSON file with the declaration')
    .argument('[token]', 'the token (default: read from standard input, where no other user of this machine sees it)')
    .option('--at <time>', 'the moment that counts, such as 2027-01-31T12:00:00Z (default: now)', parseTime)
    .option('--json', 'for programs')
    .action(async (file: string, given: string | undefined, { at, json, ...place }: VerifyOptions) => {
      // Errors name the file, and a token must not be in them.
      if (/^eyJ[\w-]+\.[\w-]*\./.test(file)) {
        const fix = 'name the declaration first: token verify <declaration> [token]';
        refuse('invalid_declaration', 'token verify', 'a token stands in the place of the declaration', fix);
      }
      const declaration = await loadDeclaration(file);
      const encryptionKeys = toEncryptionKeys(place, declaration);
      const { role, problems, warnings } = await examineToken(
        await tokenFrom(given),
        declaration,
        verificationKeys(declaration, withDeployedKeys(place, declaration)),
        { ...(at && { now: at }), ...(encryptionKeys && { decryptionKeys: readKeys(encryptionKeys) }) },
      );
      if (json) console.log(JSON.stringify({ role, problems, warnings }));
      else {
        if (role !== undefined) console.log(`good: requests with it are served as ${role}`);
        for (const warning of warnings) console.log(`but ${inWords(warning)}`);
        for (const problem of problems) console.log(`refused: ${inWords(problem)}`);
        if (role !== undefined && declaration.tokens.revocation)
          console.log('not checked: if the token is revoked, which only the database knows');
      }
      if (role === undefined) process.exitCode = 2;
    });

  addTokenRevokeCommand(token);
}

/** The registered claims among `--claim`, as the signer takes them; each comes from one option. */
function optionsOf(claims: MintOptions['claim'], options: Omit<MintOptions, 'claim'>): Omit<TokenOptions, 'role'> {
  checkRole(options.role, claims);
  const asked = tokenOptions(claims, undefined);
  for (const [claim, option] of Object.entries(CLAIM_OPTIONS)) {
    if (claims[claim] === undefined || options[option] === undefined) continue;
    const flag = option === 'expiresIn' ? '--expires-in' : `--${option}`;
    refuse('invalid_token_claim', `claims.${claim}`, `--claim ${claim}=... and ${flag} both set it`, 'use one of them');
  }
  return asked;
}

/** Encrypts where the options name keys, or the declaration requires it. */
async function encryptWhereNeeded(
  token: string,
  options: EncryptionKeyOptions,
  declaration: Declaration | undefined,
): Promise<string> {
  const isRequired = declaration?.tokens.encryption === 'required';
  const keys = toEncryptionKeys(options, isRequired ? declaration : undefined);
  const [key] = keys ? readKeys(keys) : [];
  if (key) return encryptToken(token, key);
  if (!keys && !isRequired) return token;
  const fix = `make one with: ${keysCommand('generate', ['--use', 'enc', '--directory', 'encryption-keys'])}; and name it: --encryption-directory encryption-keys`;
  return refuse('unreadable_key', keys?.place ?? '--encryption-directory', 'there is no encryption key', fix);
}

async function inspect(token: string, options: EncryptionKeyOptions): Promise<object> {
  const encryption = encryptionHeader(token);
  if (!encryption) return readToken(token);
  const keys = toEncryptionKeys(options);
  if (!keys) {
    console.error('it is encrypted: name the encryption keys to see what is inside');
    return { encryption };
  }
  const { token: signed, problem } = await openToken(token, readKeys(keys));
  if (signed !== undefined) return { encryption, ...readToken(signed) };
  return refuse('unreadable_token', 'token', problem!.problem, problem!.fix);
}

/** Where a deploy of the declaration keeps its keys, unless an option names another place. */
function withDirectory(options: KeyPlaceOptions, declaration: Declaration | undefined): KeyPlaceOptions {
  if (!declaration || toKeyPlace(options) !== undefined) return options;
  return { ...options, directory: usualKeys(declaration) };
}

/** The same, if a deploy has made that directory, and no other user can have made its keys. */
function withDeployedKeys(options: KeyPlaceOptions, declaration: Declaration): KeyPlaceOptions {
  const { directory } = withDirectory(options, declaration);
  if (directory === undefined || directory === options.directory || !existsSync(directory)) return options;
  checkPrivateDirectory(directory);
  return { ...options, directory };
}

/** Rejects a token that the declared server would reject, and warns of one that reaches fewer rows than it may. */
async function checkMinted(
  token: string,
  declaration: Declaration,
  options: KeyPlaceOptions & EncryptionKeyOptions,
): Promise<void> {
  const keySet = verificationKeys(declaration, withDirectory(options, declaration));
  const encryptionKeys = toEncryptionKeys(options, declaration);
  const { problems, warnings } = await examineToken(token, declaration, keySet, {
    ...(encryptionKeys && { decryptionKeys: readKeys(encryptionKeys) }),
  });
  for (const { problem, fix } of problems) refuse('invalid_token_claim', '--declaration', problem, fix);
  for (const warning of warnings) console.error(`warning: ${inWords(warning)}`);
}

function inWords({ code, problem, fix }: TokenProblem): string {
  return `${problem}; ${fix} [${code}]`;
}
