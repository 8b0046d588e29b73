import { InvalidArgumentError } from 'commander';

/** Reads a moment, as users write it. */
export function parseTime(given: string): Date {
  const time = new Date(given);
  if (Number.isNaN(time.getTime())) throw new InvalidArgumentError('write a time like 2027-01-31T12:00:00Z.');
  return time;
}
