/** Writes `server_version_num` as since PostgreSQL 10: two digits and more of the major version, then four of the minor. */
export function serverVersion(number: number): string {
  return `${Math.floor(number / 10_000)}.${number % 10_000}`;
}
