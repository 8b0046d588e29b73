import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Provider } from 'oidc-provider';
import type { DatabaseConnection } from '../postgres/connect.ts';
import { checkClients, type TokenServiceClient } from '../declaration/token-service/token-clients.ts';
import { tokenIssuer } from '../declaration/token-service/token-issuer.ts';
import { resolveLifetimes, type Lifetimes } from '../declaration/token-service/token-lifetimes.ts';
import { tokenServiceNames } from '../declaration/token-service/token-service.ts';
import type { Declaration } from '../declaration/types.ts';
import type { KeyPlace } from '../tokens/index.ts';
import { Accounts } from './accounts.ts';
import { Attempts, type AttemptLimits } from './attempts.ts';
import { Database } from './database.ts';
import { readServiceKeys, type ServiceKeys } from './keys.ts';
import { codeOf, type Log } from './log.ts';
import { answering } from './exchange.ts';
import { messagePage, protect } from './page.ts';
import { createProvider } from './provider.ts';
import { refusedRequest, showProblem } from './refused-request.ts';
import { removeExpired } from './remove-expired.ts';
import { signIn, type Authenticate } from './sign-in.ts';

export interface TokenServiceOptions {
  readonly declaration: Declaration;
  /** How the service reaches the database, as `<name>_token_service`; `createTokenStorage` has made what it needs there. */
  readonly database: DatabaseConnection;
  /** Where the declaration's generated keys are: a directory such as `.secrets/todos/keys`, or another store. */
  readonly keyDirectory: KeyPlace;
  /**
   * File with the public keys that access tokens are encrypted to, as `keys jwks --use enc` prints them; the first one is used.
   * @default none: the declaration must not have `tokens.encryption`
   */
  readonly encryptionKeysFile?: string | undefined;
  /** OAuth clients that may get tokens. */
  readonly clients: readonly TokenServiceClient[];
  /** Address of the service: the `iss` of its tokens. @default the declaration's `tokens.issuer` */
  readonly issuer?: string | undefined;
  /** Function that looks up accounts, as for `createTokenStorage`. @default the token schema's own accounts */
  readonly accountClaims?: string | undefined;
  /** Check that runs before the sign-in page is shown. @default none */
  readonly authenticate?: Authenticate | undefined;
  /** How long what it issues is good. @default 5 minutes, and 14 days */
  readonly lifetimes?: Partial<Lifetimes> | undefined;
  /** How many attempts to sign in are let through. */
  readonly attempts?: Partial<AttemptLimits> | undefined;
  /** How long a refresh token may be used again, where its answer was lost, in seconds. @default 10 */
  readonly graceSeconds?: number | undefined;
  /** Trusts `X-Forwarded-For`: only behind a proxy that sets it. @default false */
  readonly trustProxy?: boolean | undefined;
  /** Connections to Postgres. @default 10 */
  readonly poolSize?: number | undefined;
  /** Receives events for the operator. @default no callback */
  readonly log?: Log | undefined;
}

/** A token service in this process. */
export interface RunningTokenService {
  /** Address of the service. */
  readonly issuer: string;
  /** For a Node.js http server; it answers whatever is under the path of `issuer`. */
  readonly handler: (request: IncomingMessage, response: ServerResponse) => void;
  /** Reads the keys again, such as after a rotation; where that fails, those of before stay. */
  reloadKeys(): void;
  /** Ends its connections. */
  stop(): Promise<void>;
}

/** @deprecated The old name of {@link RunningTokenService}, for one version: a construct has this name. */
export type TokenService = RunningTokenService;

/**
 * Signs users in and issues tokens for PostgREST, built on `oidc-provider`: OAuth 2.1's authorization code with PKCE, and
 * refresh tokens that are good once. Role and claims are read from the database for each token.
 *
 * @throws SecuredPostgrestError `invalid_prop` for an issuer that is missing, no address or not the declared one, clients,
 * lifetimes, and a function without a schema; `weak_secret`; `unsupported_algorithm` for keys that are no key pairs of ours; `unreadable_key`,
 * `insecure_secret_file`
 * @example
 * const service = tokenService({
 *   declaration,
 *   issuer: 'https://id.example.org',
 *   database: { host: 'db.example.org', database: 'todos', user: 'todos_token_service', password },
 *   keyDirectory: '.secrets/todos/keys',
 *   clients: [{ id: 'web', redirectUris: ['https://app.example.org/signed-in'] }],
 * });
 * createServer(service.handler).listen(8090);
 */
export function tokenService(options: TokenServiceOptions): RunningTokenService {
  const { declaration, keyDirectory, log = () => undefined } = options;
  const issuer = tokenIssuer('tokenService', declaration, options.issuer);
  checkClients('tokenService', options.clients);
  const lifetimes = resolveLifetimes('tokenService', options.lifetimes);
  const { schema } = tokenServiceNames(declaration);
  const prefix = new URL(issuer).pathname.replace(/\/$/, '');
  const read = () => readServiceKeys(declaration, { signing: keyDirectory, encryption: options.encryptionKeysFile });
  let keys = read();
  const database = new Database(options.database, options.poolSize ?? 10);
  const accounts = new Accounts(database, declaration, options.accountClaims, log);
  const attempts = new Attempts(database, schema, {
    perAccount: 10,
    perAddress: 50,
    windowSeconds: 900,
    ...options.attempts,
  });
  const parts = { accounts, attempts, authenticate: options.authenticate, log };
  const build = (keys: ServiceKeys) => {
    const provider = createProvider({
      ...keys,
      declaration,
      issuer,
      clients: options.clients,
      database,
      schema,
      accounts,
      graceSeconds: options.graceSeconds ?? 10,
      lifetimes,
    });
    provider.proxy = options.trustProxy ?? false;
    standAt(provider, issuer);
    // Of the addresses that a proxy hands on only the last is its own; the others are what the client says.
    provider.maxIpsCount = 1;
    return { provider: listen(provider, log), answer: provider.callback() };
  };
  let running = build(keys);
  const cleaning = removeExpired(database, schema, log);

  return {
    issuer,
    handler(request, response) {
      protect(response);
      const problem = refusedRequest(request);
      if (problem !== undefined) return showProblem(response, problem);
      // As it is: not everything that is asked for is a URL, and this must not throw.
      const [pathname = '/'] = (request.url ?? '/').split('?', 1);
      if (prefix !== '' && !pathname.startsWith(`${prefix}/`)) {
        response.writeHead(404).end();
      } else if (pathname.startsWith(`${prefix}/interaction/`)) {
        void answering({ request, response }, () => signIn(running.provider, parts, request, response));
      } else {
        // As servers do that mount others; oidc-provider finds the prefix in what they keep.
        Object.assign(request, { originalUrl: request.url, url: request.url!.slice(prefix.length) });
        void answering({ request, response }, () => running.answer(request, response));
      }
    },
    reloadKeys() {
      const now = read();
      if (JSON.stringify(now) === JSON.stringify(keys)) return;
      running = build(now);
      keys = now;
    },
    async stop() {
      cleaning.stop();
      await database.end();
    },
  };
}

/** Whatever a request says of it: the address in what is answered is the issuer's, and so is whether cookies are for TLS only. */
function standAt({ request }: Provider, issuer: string): void {
  const { protocol, host, href } = new URL(issuer);
  Object.defineProperties(request, {
    protocol: { value: protocol.slice(0, -1) },
    host: { value: host },
    href: { value: href },
  });
}

/** Tells what goes wrong, and clients when to come back. */
function listen(provider: Provider, log: Log): Provider {
  provider.use(async (ctx, next) => {
    try {
      await next();
    } catch (error) {
      // Koa would take our headers away, and say what went wrong.
      log({ event: 'failed', ...codeOf(error) });
      ctx.status = 500;
      ctx.type = 'html';
      ctx.body = messagePage('This does not work', 'It was noted.');
    }
    if (ctx.status === 503) ctx.set('Retry-After', '5');
  });
  provider.on('grant.error', (_, error) => {
    if (error.message === 'invalid_grant' && /already used$/.test(error.error_detail ?? '')) {
      log({ event: 'refresh_token_reused' });
    }
    if (error.message === 'temporarily_unavailable') log({ event: 'unavailable', ...codeOf(error) });
  });
  provider.on('authorization.error', (_, error) => {
    if (error.message === 'temporarily_unavailable') log({ event: 'unavailable', ...codeOf(error) });
  });
  provider.on('server_error', (_, error) => log({ event: 'failed', ...codeOf(error) }));
  return provider;
}
