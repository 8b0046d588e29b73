/** Digits of a number that counts time, such as 20270131120000, rather than migrations. */
const TIMESTAMP_DIGITS = 12;

/** File name of a new migration, which stands behind all others: numbered as the last one is, or else as `0001_name.sql`. */
export function nextMigration(existing: readonly string[], name: string, now: Date): string {
  const numbered = existing.flatMap((file) => {
    const [, prefix = '', digits, separator] = /^([A-Za-z]*)(\d+)([^\w.]+|_+)?.*\.sql$/.exec(file) ?? [];
    return digits === undefined ? [] : [{ prefix, digits, separator: separator ?? '_' }];
  });
  const last = numbered.reduce((latest, one) => (BigInt(one.digits) >= BigInt(latest.digits) ? one : latest), {
    prefix: '',
    digits: '0000',
    separator: '_',
  });
  const { prefix, digits, separator } = last;
  const time = now.toISOString().replaceAll(/\D/g, '').slice(0, digits.length);
  const following = String(BigInt(digits) + 1n).padStart(digits.length, '0');
  // Two migrations of one second, or clocks that differ, must not change places.
  const number = digits.length >= TIMESTAMP_DIGITS && time > digits ? time : following;
  return `${prefix}${number}${separator}${name}.sql`;
}
