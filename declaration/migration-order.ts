import { refuse } from '../errors/secured-postgrest-error.ts';

/** Compares names of migrations. Numbers count by their value, so that `10_b` comes after `2_a`. */
export function compareMigrations(a: string, b: string): number {
  const { left, right } = firstDifference(a, b);
  if (isNumber(left) && isNumber(right)) {
    const difference = BigInt(left) - BigInt(right);
    if (difference !== 0n) return difference < 0n ? -1 : 1;
  }
  // A dot between numbers goes on with the number before it: `1.1` comes after `1`, whatever else is behind the 1.
  if (left !== right && (left === '.' || right === '.')) return left === '.' ? 1 : -1;
  return left < right ? -1 : left > right ? 1 : 0;
}

/**
 * Rejects names whose order is not certain: numbers of one value with different digits, and dates of different lengths.
 *
 * @param files in order
 * @throws SecuredPostgrestError `invalid_declaration`
 */
export function checkOrder(files: readonly string[]): void {
  for (const [n, file] of files.entries()) {
    const before = files[n - 1];
    if (before === undefined) continue;
    const { left, right } = firstDifference(before, file);
    if (!isNumber(left) || !isNumber(right)) continue;
    if (BigInt(left) === BigInt(right)) {
      refuse(
        'invalid_declaration',
        file,
        `"${before}" has the same number, so their order is not certain`,
        'give each its own number, or write the number alike and differ behind it',
      );
    }
    if (isDate(left) && isDate(right) && left > right) {
      refuse(
        'invalid_declaration',
        file,
        `"${before}" has a date of another length, so their order is not certain`,
        'write all dates alike, such as 20250131120000',
      );
    }
  }
}

/** First parts in which two names differ: a number, or text between numbers. */
function firstDifference(a: string, b: string): { readonly left: string; readonly right: string } {
  const left = partsOf(a);
  const right = partsOf(b);
  const at = left.findIndex((part, n) => part !== right[n]);
  return at === -1 ? { left: '', right: right[left.length] ?? '' } : { left: left[at]!, right: right[at] ?? '' };
}

function partsOf(name: string): readonly string[] {
  return name.match(/\d+|\D+/g) ?? [];
}

function isNumber(part: string): boolean {
  return /^\d+$/.test(part);
}

function isDate(part: string): boolean {
  return /^(19|20)\d{6,}$/.test(part);
}
