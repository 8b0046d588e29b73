import { hash, verify } from '@node-rs/argon2';

/** Argon2id with what OWASP asks for at least: 19 MiB, two passes, one thread. */
const COST = { memoryCost: 19_456, timeCost: 2, parallelism: 1 };

/** A longer password would only cost time. */
const LONGEST = 1024;

/** Hash of no known password, so that an unknown name takes as long as a known one. */
let nobodys: Promise<string> | undefined;

/**
 * The Argon2id hash of a password, for the column `password_hash` of `<name>_tokens.accounts`.
 *
 * @example
 * const passwordHash = await hashPassword('correct horse battery staple');
 */
export function hashPassword(password: string): Promise<string> {
  return hash(password, COST);
}

/**
 * Tests if it is the password; without a hash it is not, and takes as long to say.
 *
 * @param unreadable told that the hash is none of Argon2, which then takes as long too
 */
export async function isPassword(
  hashed: string | null | undefined,
  password: string,
  unreadable: () => void = () => undefined,
): Promise<boolean> {
  if (password.length > LONGEST) return false;
  nobodys ??= hash(crypto.randomUUID(), COST);
  if (hashed != null) {
    try {
      return await verify(hashed, password);
    } catch {
      unreadable();
    }
  }
  await verify(await nobodys, password);
  return false;
}
