import { createHash } from 'node:crypto';
import { errors } from 'oidc-provider';
import { epochSeconds } from '../tokens/epoch-seconds.ts';
import { currentExchange } from './exchange.ts';
import { Sealer } from './sealed.ts';

/** In bytes of a cookie; browsers take 4096. */
const LONGEST = 2500;
/** In bytes of all together: proxies take 8 KB of them, those of others included. The oldest go first. */
const LONGEST_TOGETHER = 4500;
/** However long the server would keep it, in seconds. */
const LONGEST_SECONDS = 3600;

interface Kept<T> {
  readonly value: T;
  /** In seconds since 1970. */
  readonly until: number;
}

export interface BrowserStoreOptions {
  /** How the names of the cookies begin; with `__Host-` no other host can set them. */
  readonly prefix: string;
  readonly secure: boolean;
  /** The first one seals, and each opens. */
  readonly secrets: readonly string[];
}

/**
 * Keeps values in the browser that is being answered, each sealed in a cookie of its own: several tabs do not disturb one
 * another, nothing is stored here for a browser that has not signed in, and what another browser began is unknown in this one.
 */
export class BrowserStore {
  readonly #options: BrowserStoreOptions;
  readonly #sealer: Sealer;

  constructor(options: BrowserStoreOptions) {
    this.#options = options;
    this.#sealer = new Sealer(options.secrets);
  }

  find<T>(key: string): T | undefined {
    const name = this.#name(key);
    return this.#open<T>(name, cookiesNow().get(name))?.value;
  }

  /** @throws InvalidRequest for a value that is too long */
  keep(key: string, value: unknown, seconds: number): void {
    const name = this.#name(key);
    const kept = Math.min(seconds, LONGEST_SECONDS);
    const sealed = this.#sealer.seal(name, { value, until: epochSeconds() + kept });
    if (name.length + sealed.length > LONGEST) throw new errors.InvalidRequest('the request is too long');
    this.#makeRoom(name, LONGEST_TOGETHER - name.length - sealed.length);
    this.#set(name, sealed, kept);
  }

  forget(key: string): void {
    const name = this.#name(key);
    if (cookiesNow().has(name)) this.#set(name, '', 0);
  }

  #makeRoom(besides: string, room: number): void {
    const others = [...cookiesNow()]
      .filter(([name]) => name.startsWith(this.#options.prefix) && name !== besides)
      .map(([name, sealed]) => ({
        name,
        length: name.length + sealed.length,
        until: this.#open(name, sealed)?.until ?? 0,
      }))
      .sort((a, b) => b.until - a.until);
    let left = room;
    for (const { name, length } of others) {
      left -= length;
      if (left < 0) this.#set(name, '', 0);
    }
  }

  #open<T>(name: string, sealed = ''): Kept<T> | undefined {
    const kept = this.#sealer.open(name, sealed) as Kept<T> | undefined;
    return kept !== undefined && kept.until > epochSeconds() ? kept : undefined;
  }

  #set(name: string, value: string, seconds: number): void {
    const { secure } = this.#options;
    const attributes = ['path=/', `max-age=${seconds}`, 'samesite=lax', 'httponly', ...(secure ? ['secure'] : [])];
    currentExchange()?.response.appendHeader('Set-Cookie', [name + '=' + value, ...attributes].join('; '));
    if (value === '') cookiesNow().delete(name);
    else cookiesNow().set(name, value);
  }

  /** A hash, so that a reader of the table cannot use the id. */
  #name(key: string): string {
    return this.#options.prefix + createHash('sha256').update(key).digest('base64url').slice(0, 16);
  }
}

const known = new WeakMap<object, Map<string, string>>();

/** Those of the request, and what has become of them since. */
function cookiesNow(): Map<string, string> {
  const exchange = currentExchange();
  if (exchange === undefined) return new Map();
  const before = known.get(exchange);
  if (before !== undefined) return before;
  const cookies = new Map<string, string>();
  for (const pair of (exchange.request.headers.cookie ?? '').split(';')) {
    const [, name, value] = /^ *([^=]+)=(.*)$/.exec(pair) ?? [];
    if (name !== undefined && !cookies.has(name)) cookies.set(name, value!);
  }
  known.set(exchange, cookies);
  return cookies;
}
