import { Option, type Command } from 'commander';
import { refuse } from '../declaration/errors.ts';
import { SIGNING_ALGORITHMS } from '../declaration/key-set.ts';
import type { SigningAlgorithm } from '../declaration/types.ts';
import { generateKey, publicKeySet, readKeys, readStoredKeys, writeKey } from '../jwt/index.ts';

interface KeysOptions {
  readonly directory: string;
  readonly json?: true;
}

export function addKeysCommand(program: Command): void {
  const keys = program.command('keys').description('make and show the keys that tokens are signed with');

  keys
    .command('generate')
    .description('make a key; new tokens are signed with it')
    .requiredOption('--directory <dir>', 'where the keys are kept')
    .addOption(new Option('--algorithm <name>', 'what it signs with').choices(SIGNING_ALGORITHMS).default('ES256'))
    .option('--json', 'print JSON')
    .action(async ({ directory, algorithm, json }: KeysOptions & { readonly algorithm: SigningAlgorithm }) => {
      const key = await generateKey(algorithm);
      const file = writeKey(directory, key);
      console.log(json ? JSON.stringify({ kid: key.kid, algorithm, file }) : `${key.kid} ${file}`);
    });

  keys
    .command('list')
    .description('list the keys, the newest first')
    .requiredOption('--directory <dir>', 'where the keys are kept')
    .option('--json', 'print JSON')
    .action(({ directory, json }: KeysOptions) => {
      const stored = readStoredKeys(directory).map(({ created, file, key: { kid, alg } }) => {
        return { kid, algorithm: alg, created, file };
      });
      if (json) console.log(JSON.stringify(stored));
      else
        for (const { kid, algorithm, created, file } of stored) console.log(`${kid} ${algorithm} ${created} ${file}`);
    });

  keys
    .command('jwks')
    .description('print the public keys as a JSON Web Key Set; HS256 keys are secrets and are left out')
    .requiredOption('--directory <dir>', 'where the keys are kept')
    .action(({ directory }: KeysOptions) => {
      const pairs = readKeys(directory).filter(({ alg }) => alg !== 'HS256');
      if (pairs.length === 0) {
        refuse('empty_key_set', directory, 'there is no key with a public half', "make one with 'keys generate'");
      }
      console.log(JSON.stringify(publicKeySet(pairs), undefined, 2));
    });
}
