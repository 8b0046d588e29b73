import { openToken, type DecryptionKey, type TokenProblem } from '../../tokens/index.ts';
import { NOT_ENCRYPTED } from '../../tokens/nested-token.ts';
import { TokenMemory } from './token-memory.ts';

export interface OpenerOptions {
  /** The declared `tokens.encryption`: `accepted` lets merely signed tokens pass, `required` does not. */
  readonly encryption: 'accepted' | 'required';
  /** Reads the keys that are not revoked; called once, and again by `reloadKeys`. */
  readonly readKeys: () => readonly DecryptionKey[];
  /** Opened tokens that are remembered, of up to 8 KB each. @default 1000 */
  readonly remembered?: number;
}

/** The way on of a request, or its end. */
export interface Passage {
  /** The header `Authorization` with which it goes on; absent for a request without a token. */
  readonly authorization?: string;
  /** Why it is refused. */
  readonly problem?: TokenProblem;
}

/**
 * Opens the encrypted tokens of requests to PostgREST, which knows signed ones only. PostgREST checks the signature of
 * what is inside.
 *
 * @example
 * const keys = keysInDirectory('.secrets/todos/encryption-keys', { use: 'enc' });
 * const opener = new Opener({ encryption: 'required', readKeys: () => readKeys(keys) });
 * const { authorization, problem } = await opener.open('Bearer eyJhbGciOi...');
 */
export class Opener {
  readonly #options: OpenerOptions;
  readonly #memory: TokenMemory;
  #keys: readonly DecryptionKey[];

  constructor(options: OpenerOptions) {
    this.#options = options;
    this.#memory = new TokenMemory(options.remembered ?? 1000);
    this.#keys = options.readKeys();
  }

  /** Ids of the present keys; no secret. */
  get keyIds(): readonly string[] {
    return this.#keys.map(({ kid }) => kid);
  }

  async open(authorization: string | undefined): Promise<Passage> {
    if (!authorization) return {};
    const token = /^bearer +(\S+) *$/i.exec(authorization)?.[1];
    if (token?.split('.', 6).length !== 5) {
      return this.#options.encryption === 'accepted' ? { authorization } : { problem: NOT_ENCRYPTED };
    }
    const known = this.#memory.get(token);
    if (known !== undefined) return bearer(known);
    const keys = this.#keys;
    const { token: signed, problem } = await openToken(token, keys);
    if (problem) return { problem };
    // Not what other keys have opened meanwhile.
    if (keys === this.#keys) this.#memory.keep(token, signed!);
    return bearer(signed!);
  }

  /** Reads the keys again. Where they are others now, nothing that was opened before is remembered; where that fails, they stay. */
  reloadKeys(): void {
    const keys = this.#options.readKeys();
    if (JSON.stringify(keys) === JSON.stringify(this.#keys)) return;
    this.#keys = keys;
    this.#memory.clear();
  }
}

function bearer(token: string): Passage {
  return { authorization: `Bearer ${token}` };
}
