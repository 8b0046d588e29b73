import { refuse } from '../../errors/secured-postgrest-error.ts';

/** How long what the service issues is good, in seconds. */
export interface Lifetimes {
  /** Lifetime of an access token in seconds. Until it ends, a revoked permission may still be used. @default 300 */
  readonly accessToken: number;
  /** From a sign-in until the next one, however often it is used or refreshed. @default 1_209_600, 14 days */
  readonly signIn: number;
}

/** @throws SecuredPostgrestError `invalid_prop` */
export function resolveLifetimes(place: string, { accessToken, signIn }: Partial<Lifetimes> = {}): Lifetimes {
  const lifetimes = { accessToken: accessToken ?? 300, signIn: signIn ?? 14 * 24 * 3600 };
  for (const [name, seconds] of Object.entries(lifetimes)) {
    if (Number.isSafeInteger(seconds) && seconds > 0) continue;
    refuse(
      'invalid_prop',
      `${place}.lifetimes.${name}`,
      `${seconds} is no time in seconds`,
      'give a whole number from 1',
    );
  }
  return lifetimes;
}
