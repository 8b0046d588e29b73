import { InvalidArgumentError, Option } from 'commander';

/** The option `--claim`, which can be repeated. */
export function claimOption(description: string): Option {
  return new Option('--claim <name=value>', `${description}, as JSON or else as text; can be repeated`)
    .argParser(addClaim)
    .default({}, 'none');
}

/** Adds the value of an option `name=value`. */
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
  // A rounded number would name another account.
  if (typeof value === 'number' && Number.isInteger(value) && !Number.isSafeInteger(value)) {
    throw new InvalidArgumentError(`${text} is too large for a JSON number; write name='"${text}"'.`);
  }
  return value;
}
