import { createHash } from 'node:crypto';
import { readToken } from '../../tokens/read-token.ts';

interface Remembered {
  readonly token: string;
  /** Milliseconds since 1970. */
  readonly expires: number;
}

/** The signed tokens inside of those that came last, each until it expires. Nothing here says that a signature is good. */
export class TokenMemory {
  readonly #size: number;
  /** By the hash of the encrypted token, the one that was used last at the end. */
  readonly #tokens = new Map<string, Remembered>();

  constructor(size: number) {
    this.#size = size;
  }

  get size(): number {
    return this.#tokens.size;
  }

  get(encrypted: string, now = Date.now()): string | undefined {
    const name = nameOf(encrypted);
    const known = this.#tokens.get(name);
    if (!known) return undefined;
    this.#tokens.delete(name);
    if (known.expires <= now) return undefined;
    this.#tokens.set(name, known);
    return known.token;
  }

  keep(encrypted: string, token: string, now = Date.now()): void {
    const { exp } = readToken(token).claims;
    const expires = typeof exp === 'number' ? exp * 1000 : now;
    if (expires <= now) return;
    this.#tokens.set(nameOf(encrypted), { token, expires });
    const [oldest] = this.#tokens.keys();
    if (this.#tokens.size > this.#size) this.#tokens.delete(oldest!);
  }

  clear(): void {
    this.#tokens.clear();
  }
}

function nameOf(encrypted: string): string {
  return createHash('sha256').update(encrypted).digest('base64');
}
