import { readFileSync } from 'node:fs';
import { createServer, type RequestListener, type Server } from 'node:http';
import { createServer as createHttpsServer, type Server as TlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { InvalidArgumentError, type Command } from 'commander';
import { refuse } from '../errors/secured-postgrest-error.ts';
import type { DatabaseConnection } from '../postgres/connect.ts';
import type { TokenServiceClient } from '../declaration/token-service/token-clients.ts';
import type * as service from '../token-service/index.ts';
import { readGivenFile } from '../files/private-files.ts';
import { addConnectionOptions, readPassword } from './connection.ts';
import { listenForStop } from './dev/stop-signal.ts';
import { errorLine } from './error-line.ts';
import { addKeyPlaceOptions, keyPlace, type KeyPlaceOptions } from './key-place.ts';
import { loadDeclaration } from './load-declaration.ts';
import { commandConnection } from './named-connection.ts';
import { DATABASE_ARGUMENT } from './named-sources.ts';
import { parseListen } from './parse-port.ts';
import { parseSeconds } from './parse-seconds.ts';

interface SetupOptions {
  readonly servicePasswordFile: string;
  readonly accountClaims?: string;
}

interface ServeOptions extends KeyPlaceOptions {
  readonly client: readonly TokenServiceClient[];
  readonly clients?: string;
  readonly encryptionKeys?: string;
  readonly issuer?: string;
  readonly listen: number;
  readonly listenHost: string;
  readonly certificate?: string;
  readonly tlsListen: number;
  readonly tlsListenHost: string;
  readonly accountClaims?: string;
  readonly accessTokenSeconds?: number;
  readonly signInSeconds?: number;
  readonly trustProxy?: true;
}

/** How soon a rotation is seen. */
const RELOAD_MS = 10_000;

export function addTokenServiceCommand(program: Command): void {
  const group = program.command('token-service').description('sign users in, and issue and refresh their tokens');

  withAccountClaims(
    addConnectionOptions(
      group
        .command('setup')
        .description("create or update the service's schema and login role in the database")
        .argument('<declaration>', 'module or JSON file with the declaration')
        .argument('[database]', DATABASE_ARGUMENT),
    ).requiredOption('--service-password-file <file>', 'the password that the login role gets, in a file'),
  ).action(
    async (
      file: string,
      uri: string | undefined,
      { servicePasswordFile, accountClaims }: SetupOptions,
      command: Command,
    ) => {
      const connection = commandConnection(command, { uri });
      const { createTokenStorage } = await import('../token-service/storage.ts');
      const password = readPassword(servicePasswordFile);
      await createTokenStorage(connection, await loadDeclaration(file), { password, accountClaims });
    },
  );

  withAccountClaims(
    addKeyPlaceOptions(
      addConnectionOptions(
        group
          .command('serve')
          .description('run the service until it is stopped; it reads its keys again every ten seconds')
          .argument('<declaration>', 'module or JSON file with the declaration')
          .argument('[database]', DATABASE_ARGUMENT),
        'the login role that setup has made, <name>_token_service',
      ),
    )
      .option('--client <id=address>', 'a client and its redirect address; can be repeated', addClient, [])
      .option('--clients <file>', 'JSON file with a list of clients, which may have secrets')
      .option(
        '--encryption-keys <file>',
        'public keys that tokens are encrypted to, as keys jwks --use enc prints them',
      )
      .option('--issuer <address>', 'address of the service (default: the declared issuer)')
      .option('--listen <port>', 'port to listen on, 0 for a free one', parseListen, 8090)
      .option('--listen-host <address>', 'address to listen on', '127.0.0.1')
      .option('--certificate <file>', 'key and certificates, PEM, of a second port, which speaks TLS')
      .option('--tls-listen <port>', 'that port', parseListen, 8443)
      .option('--tls-listen-host <address>', 'address of that port', '0.0.0.0')
      .option('--access-token-seconds <n>', 'lifetime of an access token (default: 5 minutes)', parseSeconds)
      .option('--sign-in-seconds <n>', 'lifetime of a session (default: 14 days)', parseSeconds)
      .option('--trust-proxy', 'trust X-Forwarded-For'),
  ).action(async (file: string, uri: string | undefined, options: ServeOptions, command: Command) => {
    await serve(file, commandConnection(command, { uri }), options);
  });

  group
    .command('hash-password')
    .description('read a password from standard input, and print its hash for the accounts of the service')
    .action(async () => {
      const { hashPassword } = await load();
      console.log(await hashPassword((await text(process.stdin)).replace(/\r?\n$/, '')));
    });
}

async function serve(file: string, database: DatabaseConnection, options: ServeOptions): Promise<void> {
  const { client, clients, issuer, listen, listenHost, accountClaims, trustProxy } = options;
  const { accessTokenSeconds, signInSeconds } = options;
  const { tokenService } = await load();
  const running = tokenService({
    declaration: await loadDeclaration(file),
    database,
    keyDirectory: keyPlace(options),
    encryptionKeysFile: options.encryptionKeys,
    clients: [...(clients === undefined ? [] : readClients(clients)), ...client],
    issuer,
    accountClaims,
    lifetimes: {
      ...(accessTokenSeconds !== undefined && { accessToken: accessTokenSeconds }),
      ...(signInSeconds !== undefined && { signIn: signInSeconds }),
    },
    trustProxy,
    log: (event) => console.error(JSON.stringify(event)),
  });
  const server = createServer(running.handler);
  const tlsServer =
    options.certificate === undefined ? undefined : createTlsServer(options.certificate, running.handler);
  using stopSignal = listenForStop();
  try {
    await listening(server, listen, listenHost);
    if (tlsServer) await listening(tlsServer, options.tlsListen, options.tlsListenHost);
    const reloading = setInterval(() => {
      try {
        running.reloadKeys();
      } catch (error) {
        console.error(errorLine(error));
      }
    }, RELOAD_MS);
    const { address, port } = server.address() as AddressInfo;
    console.log(`${running.issuer} listens on ${address}:${port}`);
    await stopSignal.received;
    clearInterval(reloading);
  } finally {
    for (const each of tlsServer ? [server, tlsServer] : [server]) {
      each.close();
      each.closeAllConnections();
    }
    await running.stop();
  }
}

async function listening(server: Server, port: number, host: string): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    server.on('error', reject);
    server.listen(port, host, resolve);
  });
}

function createTlsServer(file: string, handler: RequestListener): TlsServer {
  const pem = readGivenFile(file);
  return createHttpsServer({ key: pem, cert: pem, minVersion: 'TLSv1.2' }, handler);
}

/** Only who runs the service needs its libraries. */
async function load(): Promise<typeof service> {
  try {
    return await import('../token-service/index.ts');
  } catch (error) {
    if ((error as { code?: string }).code !== 'ERR_MODULE_NOT_FOUND') throw error;
    return refuse(
      'missing_package',
      'token-service',
      'its libraries are not installed',
      "run 'npm install oidc-provider @node-rs/argon2'",
      error,
    );
  }
}

function withAccountClaims(command: Command): Command {
  return command.option(
    '--account-claims <function>',
    "schema.function(id) that returns role and claims of an account (default: the service's own accounts)",
  );
}

/** Addresses of the same client are put together. */
function addClient(value: string, clients: readonly TokenServiceClient[]): TokenServiceClient[] {
  const [, id, address] = /^([^=]+)=(.+)$/.exec(value) ?? [];
  if (id === undefined || address === undefined)
    throw new InvalidArgumentError('write it as web=https://app/signed-in');
  const others = clients.filter((client) => client.id !== id);
  const known = clients.find((client) => client.id === id)?.redirectUris ?? [];
  return [...others, { id, redirectUris: [...known, address] }];
}

function readClients(file: string): readonly TokenServiceClient[] {
  try {
    const list = JSON.parse(readFileSync(file, 'utf8')) as TokenServiceClient[];
    if (list.every(isClient)) return list;
  } catch {
    // The cause may show a part of a secret.
  }
  return refuse('unreadable_secret', file, 'it holds no list of clients', 'write [{"id":"web","redirectUris":[...]}]');
}

function isClient({ id, redirectUris, signedOutUris = [], secret = '' }: TokenServiceClient): boolean {
  const isTexts = (list: unknown) => Array.isArray(list) && list.every((item) => typeof item === 'string');
  return typeof id === 'string' && isTexts(redirectUris) && isTexts(signedOutUris) && typeof secret === 'string';
}
