import { InvalidArgumentError } from 'commander';

/** Reads a whole number of things. */
export function parseCount(text: string): number {
  if (/^\d{1,9}$/.test(text)) return Number(text);
  throw new InvalidArgumentError('write a whole number, such as 2.');
}
