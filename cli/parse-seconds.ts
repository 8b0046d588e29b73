import { InvalidArgumentError } from 'commander';

/** Reads a number of seconds. `Number` would take a typing error for NaN, with which every comparison is false. */
export function parseSeconds(text: string): number {
  if (/^\d{1,10}(\.\d+)?$/.test(text)) return Number(text);
  throw new InvalidArgumentError('write seconds as a number, such as 60.');
}

/** Reads the lifetime of a token, in whole seconds. */
export function parseLifetime(text: string): number {
  if (/^[1-9]\d{0,9}$/.test(text)) return Number(text);
  throw new InvalidArgumentError('write whole seconds, 1 to 9999999999, such as 3600.');
}
