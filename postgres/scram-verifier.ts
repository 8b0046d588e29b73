import { createHash, createHmac, pbkdf2Sync, randomBytes } from 'node:crypto';

/** RFC 7677, 4, and what PostgreSQL takes. */
const ITERATIONS = 4096;

/**
 * Text that PostgreSQL stores for a password (RFC 5802 and 7677, `SCRAM-SHA-256$<iterations>:<salt>$<stored>:<server key>`).
 * Given as the password, it is stored as it is: the password itself is then in no statement that a server could log.
 *
 * @param salt 16 bytes, random unless a verifier is to be reproduced
 * @param iterations what makes guessing slow, and each connection a little
 */
export function scramVerifier(password: string, salt: Buffer = randomBytes(16), iterations = ITERATIONS): string {
  const salted = pbkdf2Sync(password.normalize('NFKC'), salt, iterations, 32, 'sha256');
  const hmac = (text: string) => createHmac('sha256', salted).update(text).digest();
  const stored = createHash('sha256').update(hmac('Client Key')).digest('base64');
  return `SCRAM-SHA-256$${iterations}:${salt.toString('base64')}$${stored}:${hmac('Server Key').toString('base64')}`;
}

/** Verifier of a random password, such as 24 random bytes. It needs no iterations, which protect passwords that people choose. */
export function scramVerifierOfRandom(password: string): string {
  return scramVerifier(password, randomBytes(16), 1);
}

/** Tests if Postgres would store a text as it is, where it expects a password. */
export function isVerifier(text: string): boolean {
  return /^SCRAM-SHA-256\$\d+:[^$]+\$[^:]+:.+$/.test(text);
}

/** Tells whether a verifier was made from a password. */
export function verifierMatches(verifier: string, password: string): boolean {
  const salt = /^SCRAM-SHA-256\$4096:([^$]+)\$/.exec(verifier)?.[1];
  return salt !== undefined && scramVerifier(password, Buffer.from(salt, 'base64')) === verifier;
}
