import { InvalidArgumentError } from 'commander';

/** Reads a number of seconds. `Number` would take a typing error for NaN, with which every comparison is false. */
export function parseSeconds(text: string): number {
  if (/^\d{1,10}(\.\d+)?$/.test(text)) return Number(text);
  throw new InvalidArgumentError('write seconds as a number, such as 60.');
}
