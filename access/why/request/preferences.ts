/** Ways to insert rows that exist already. */
export const RESOLUTIONS = ['merge-duplicates', 'ignore-duplicates'] as const;
export type Resolution = (typeof RESOLUTIONS)[number];

/** Preferences of a request that decide which rights it needs. */
export interface Preferences {
  /** True where the written rows are asked for: `return=representation`, and `headers-only`, which reads them for `Location`. */
  readonly returnsRows?: true;
  readonly resolution?: Resolution;
}

/** Reads the values of `Prefer` headers. */
export function readPreferences(headers: readonly string[]): Preferences {
  const given = headers.flatMap((header) => header.split(',')).map((one) => one.trim().replaceAll(/\s*=\s*/g, '='));
  const resolution = RESOLUTIONS.find((one) => given.includes(`resolution=${one}`));
  const returnsRows = given.includes('return=representation') || given.includes('return=headers-only');
  return { ...(returnsRows && { returnsRows }), ...(resolution && { resolution }) };
}
