import { round } from '../report.ts';

/** A value with its unit, as people write it: 4100 ms are 4.10 s. */
export function valueText(value: number, unit: string): string {
  if (unit === 'ms' && value >= 1000) return `${round(value / 1000)} s`;
  return `${numberText(value)} ${unit}`;
}

/** Whole numbers as they are, others with three digits. */
export function numberText(value: number): string {
  return Number.isInteger(value) ? String(value) : round(value);
}
