import { refuse } from '../errors/secured-postgrest-error.ts';

type Environment = Readonly<Record<string, string | undefined>>;

/** A variable of the environment with a TCP port; undefined where it is unset or empty. */
export function environmentPort(name: string, env: Environment = process.env): number | undefined {
  return environmentNumber(name, env, (value) => Number.isInteger(value) && value >= 1 && value <= 65535, PORT);
}

/** A variable of the environment with a number of servers or megabytes. */
export function environmentCount(name: string, env: Environment = process.env): number | undefined {
  return environmentNumber(name, env, (value) => Number.isSafeInteger(value) && value >= 1, COUNT);
}

/** A variable of the environment with a number of CPUs, such as 1.5. */
export function environmentCpus(name: string, env: Environment = process.env): number | undefined {
  return environmentNumber(name, env, (value) => value >= 0.01 && value <= 1024, CPUS);
}

const PORT = ['a port', 'give a number from 1 to 65535'] as const;
const COUNT = ['a positive whole number', 'give digits only, such as 512'] as const;
const CPUS = ['a number of CPUs', 'give one from 0.01, such as 1.5'] as const;

function environmentNumber(
  name: string,
  env: Environment,
  isValid: (value: number) => boolean,
  [kind, fix]: readonly [string, string],
): number | undefined {
  const text = env[name];
  if (!text) return undefined;
  // Number() would also read "0x10", "1e3" and " 5 ".
  if (/^\d+(\.\d+)?$/.test(text) && isValid(Number(text))) return Number(text);
  refuse('invalid_prop', name, `"${text}" is not ${kind}`, fix);
}
