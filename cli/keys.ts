import { readFileSync } from 'node:fs';
import { Option, type Command } from 'commander';
import { refuse, SecuredPostgrestError } from '../errors/secured-postgrest-error.ts';
import { ENCRYPTION_ALGORITHMS, SIGNING_ALGORITHMS } from '../declaration/keys/key-set.ts';
import type { EncryptionAlgorithm, SigningAlgorithm } from '../declaration/types.ts';
import {
  addKey,
  ENCRYPTION_CURVES,
  exportKeys,
  fetchProviderKeys,
  generateDecryptionKey,
  generateKey,
  importDecryptionKey,
  importKey,
  providerKeysFetched,
  publicKeySet,
  readKeys,
  readManagedKeys,
  removeKey,
  revokeKey,
  rotateKeys,
  safeToRevoke,
  storeProviderKeys,
  undoKeyStep,
  type EncryptionCurve,
  type KeyStore,
  type KeyUse,
  type ManagedKey,
  type ProviderLocation,
  type TokenLife,
} from '../tokens/index.ts';
import { keysCommand } from '../tokens/keys/keys-command.ts';
import { errorLine } from './error-line.ts';
import { addKeyPlaceOptions, neededKeys, type KeyPlaceOptions } from './key-place.ts';
import { parseSeconds } from './parse-seconds.ts';

interface KeysOptions extends KeyPlaceOptions {
  readonly use: KeyUse;
  readonly json?: true;
}
type AlgorithmOptions = KeysOptions & { readonly algorithm?: SigningAlgorithm | EncryptionAlgorithm };
type GenerateOptions = AlgorithmOptions & { readonly curve?: EncryptionCurve };
type KidOptions = KeysOptions & { readonly kid: string };
type FetchKeysOptions = ProviderLocation & {
  readonly directory: string;
  readonly orKept?: true;
  readonly maximumAge: number;
  readonly json?: true;
};
type RevokeOptions = KidOptions & TokenLife & { readonly force?: true };

export function addKeysCommand(program: Command): void {
  const keys = program
    .command('keys')
    .description('create, show, rotate and revoke keys that sign tokens, or decrypt them');
  const command = (nameAndArguments: string, description: string) =>
    withUse(addKeyPlaceOptions(keys.command(nameAndArguments).description(description))).option('--json', 'print JSON');

  command('generate', 'make a key: the first one is in use, others are standby until the keys are rotated')
    .addOption(algorithm('what it is for (default: ES256; with --use enc: ECDH-ES+A256KW)'))
    .addOption(new Option('--curve <name>', 'of a key for ECDH-ES+A256KW (default: P-256)').choices(ENCRYPTION_CURVES))
    .action(async ({ json, ...options }: GenerateOptions) => {
      print([addKey(keysOf(options), await newKey(options))], json);
    });

  command('import <file>', 'add a private key that was made elsewhere, PEM or JWK, as generate does').action(
    (file: string, { json, ...options }: KeysOptions) => {
      const read = options.use === 'enc' ? importDecryptionKey : importKey;
      print([addKey(keysOf(options), read(readKeyFile(file), file))], json);
    },
  );

  withTokenLife(command('list', 'list the keys with their states, the newest first')).action(
    ({ json, ...options }: KeysOptions & TokenLife) => print(readManagedKeys(keysOf(options)), json, options),
  );

  command('rotate', 'use the standby key from now on, or a new one; tokens of the one before still pass')
    .addOption(algorithm('which keys (default: those of the newest in use)'))
    .action(async ({ algorithm, json, ...options }: AlgorithmOptions) => {
      const { key, previous, isNew } = await rotateKeys(keysOf(options), algorithm);
      print([key, previous], json);
      const [use, who] = options.use === 'enc' ? ['encrypt to', 'openers'] : ['sign with', 'servers'];
      if (isNew) console.error(`the key is new: deploy before you ${use} it, so that the ${who} know it`);
    });

  // An option, because a kid may begin with a hyphen.
  withTokenLife(command('revoke', 'have no token of a key pass, from the next deploy on'))
    .requiredOption('--kid <kid>', 'which key')
    .option('--force', 'even if its tokens have not expired, such as after a theft')
    .action(({ json, kid, ...options }: RevokeOptions) => {
      print([revokeKey(keysOf(options), kid, options)], json);
    });

  command('undo', 'take back the last step, and again the one before it').action(({ json, ...options }: KeysOptions) =>
    print(undoKeyStep(keysOf(options)), json),
  );

  command('remove', 'remove a revoked key for good')
    .requiredOption('--kid <kid>', 'which key')
    .action(({ json, kid, ...options }: KidOptions) => {
      const keys = keysOf(options);
      removeKey(keys, kid);
      print(readManagedKeys(keys), json);
    });

  keys
    .command('fetch')
    .description("fetch and check an OpenID provider's public keys, and store them for the next deploys")
    .requiredOption('--directory <dir>', 'where they are kept')
    .option('--json', 'print JSON')
    .requiredOption('--issuer <url>', 'the provider')
    .option('--jwks-uri <url>', 'address of its keys (default: from its discovery document)')
    .option('--or-kept', 'use the stored keys if the provider cannot be reached')
    .option('--maximum-age <seconds>', 'the greatest age of stored keys', parseSeconds, 30 * 86_400)
    .action(fetchKeys);

  withUse(
    addKeyPlaceOptions(
      keys
        .command('jwks')
        .description('print the public keys as a JSON Web Key Set; HS256 keys are secrets and are left out'),
    ),
  ).action((options: KeysOptions) => {
    const store = keysOf(options);
    const pairs = readKeys(store).filter(({ alg }) => alg !== 'HS256');
    if (pairs.length === 0) {
      refuse(
        'empty_key_set',
        store.place,
        'there is no key with a public half',
        `make one with: ${keysCommand('generate', store.options)}`,
      );
    }
    console.log(JSON.stringify(publicKeySet(pairs), undefined, 2));
  });

  withUse(
    addKeyPlaceOptions(
      keys
        .command('export')
        .description('print keys and states as one document, private parts included, to put them into a vault'),
    ),
  ).action((options: KeysOptions) => {
    process.stdout.write(exportKeys(keysOf(options)));
  });
}

function keysOf({ use, ...place }: KeysOptions): KeyStore<KeyUse> {
  return neededKeys(place, use);
}

async function newKey({ use, algorithm, curve }: GenerateOptions) {
  return use === 'enc'
    ? generateDecryptionKey(algorithm as EncryptionAlgorithm, curve)
    : generateKey(algorithm as SigningAlgorithm);
}

async function fetchKeys({ directory, orKept, maximumAge, json, ...location }: FetchKeysOptions): Promise<void> {
  const fetched = await fetchProviderKeys(location).catch((error: unknown) => {
    const isUnreachable = error instanceof SecuredPostgrestError && error.code === 'provider_unreachable';
    if (!orKept || !isUnreachable || providerKeysFetched(directory, location) === undefined) throw error;
    console.error(errorLine(error));
    const kept = providerKeysFetched(directory, location, maximumAge);
    console.error(`going on with the keys that were fetched at ${kept}`);
  });
  if (!fetched) return;
  const { keys, leftOut } = fetched;
  const file = storeProviderKeys(directory, location, fetched);
  for (const reason of leftOut) console.error(`left out: ${reason}`);
  if (json) console.log(JSON.stringify({ file, keys: keys.map(({ kid, kty }) => ({ kid, kty })), leftOut }));
  else console.log(`${keys.length} ${keys.length === 1 ? 'key' : 'keys'} of ${location.issuer} ${file}`);
}

function readKeyFile(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    return refuse('unreadable_key', file, 'it cannot be read', 'name a file with a private key', error);
  }
}

function algorithm(description: string): Option {
  return new Option('--algorithm <name>', description).choices([...SIGNING_ALGORITHMS, ...ENCRYPTION_ALGORITHMS]);
}

function withUse(command: Command): Command {
  const use = new Option('--use <use>', 'keys that sign tokens, or those that decrypt them');
  return command.addOption(use.choices(['sig', 'enc'] satisfies KeyUse[]).default('sig'));
}

function withTokenLife(command: Command): Command {
  return command
    .option('--token-lifetime <seconds>', 'the longest lifetime of a token', parseSeconds, 3600)
    .option('--propagation <seconds>', 'time until every issuer has the new key', parseSeconds, 300);
}

/** Never with their private parts. */
function print(keys: readonly ManagedKey<KeyUse>[], json?: true, life?: TokenLife): void {
  const shown = keys.map(({ key: { kid, alg }, file, created, ...key }) => {
    const safe = safeToRevoke(key, life)?.toISOString();
    return {
      kid,
      algorithm: alg,
      state: key.state,
      since: key.since,
      created,
      file,
      ...(safe && { safeToRevoke: safe }),
    };
  });
  if (json) console.log(JSON.stringify(shown));
  else
    for (const { kid, algorithm, state, since, file, safeToRevoke: safe } of shown)
      console.log(
        `${kid} ${algorithm} ${state} since ${since}${safe ? `, safe to revoke from ${safe} on` : ''} ${file}`,
      );
}
