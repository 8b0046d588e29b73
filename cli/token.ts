import { InvalidArgumentError, type Command } from 'commander';
import { refuse } from '../declaration/errors.ts';
import { readKeys, signToken, type TokenOptions } from '../jwt/index.ts';

type MintOptions = Omit<TokenOptions, 'claims'> & {
  readonly directory: string;
  readonly claim: Readonly<Record<string, unknown>>;
};

export function addTokenCommand(program: Command): void {
  program
    .command('token')
    .description('make tokens')
    .command('mint')
    .description('sign a token with the newest key and print it')
    .requiredOption('--directory <dir>', 'where the keys are kept')
    .requiredOption('--role <name>', 'database role of requests with this token')
    .option('--claim <name=value>', 'further claim, as JSON or else as text; can be repeated', addClaim, {})
    .option('--audience <name>', 'for whom it is (aud)')
    .option('--issuer <name>', 'who made it (iss)')
    .option('--subject <name>', 'whom it is about (sub)')
    .option('--expires-in <seconds>', 'lifetime', Number, 3600)
    .action(async ({ directory, claim, ...options }: MintOptions) => {
      const [key] = readKeys(directory);
      if (key === undefined) {
        refuse('unreadable_key', directory, 'there is no key', "make one with 'secured-postgrest keys generate'");
      }
      console.log(await signToken(key, { ...options, claims: claim }));
    });
}

function addClaim(text: string, claims: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const [, name, value] = /^([^=]+)=(.*)$/s.exec(text) ?? [];
  if (name === undefined || value === undefined) throw new InvalidArgumentError('write name=value.');
  if (Object.hasOwn(claims, name)) throw new InvalidArgumentError(`${name} is there twice.`);
  return { ...claims, [name]: parseValue(value) };
}

function parseValue(text: string): unknown {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return text;
  }
  // A rounded number would name somebody else.
  if (typeof value === 'number' && Number.isInteger(value) && !Number.isSafeInteger(value)) {
    throw new InvalidArgumentError(`${text} is too large for a JSON number; write name='"${text}"'.`);
  }
  return value;
}
