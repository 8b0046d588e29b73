/** True for each way in which Postgres takes a setting as on. */
export function isOn(value: string): boolean {
  return /^(?:on|true|yes|1|t|tr|tru|y|ye)$/i.test(value);
}
