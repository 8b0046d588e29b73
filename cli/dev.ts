import { randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { InvalidArgumentError, type Command } from 'commander';
import { sqlFile } from '../apply/read-sql.ts';
import { effectiveRoles } from '../declaration/roles.ts';
import type { ClaimPath, ClaimType, Declaration, SqlSource } from '../declaration/types.ts';
import { startEphemeralPostgrest, type EphemeralPostgrest } from '../ephemeral/index.ts';
import { loadDeclaration } from './load-declaration.ts';

interface DevOptions {
  readonly port?: number;
  readonly seed?: string;
}

export function addDevCommand(program: Command): void {
  program
    .command('dev')
    .description('run the declared API on this machine, with a database of its own, until Ctrl-C')
    .argument('<declaration>', 'TypeScript, JavaScript or JSON file with the declaration')
    .option('--port <number>', 'port of the API on 127.0.0.1 (default: a free one)', parsePort)
    .option('--seed <file>', 'SQL that fills the tables (default: seed.sql beside the declaration, if there is one)')
    .action(async (file: string, { port, seed }: DevOptions) => {
      const declaration = await loadDeclaration(file);
      const environment = await startEphemeralPostgrest(declaration, { port, seed: readSeed(file, seed) });
      const stopSignal = untilStopSignal();
      console.log(await describe(environment, declaration));
      await stopSignal;
      await environment.stop();
    });
}

function parsePort(text: string): number {
  const port = Number(text);
  if (!/^\d+$/.test(text) || port < 1 || port > 65535) throw new InvalidArgumentError('write a number, 1 to 65535.');
  return port;
}

function readSeed(declarationFile: string, seedFile: string | undefined): SqlSource[] {
  if (seedFile !== undefined) return [sqlFile(seedFile)];
  const file = join(dirname(declarationFile), 'seed.sql');
  return existsSync(file) ? [sqlFile(file)] : [];
}

/**
 * Waits for Ctrl-C and the like. Listeners stay, so that a second Ctrl-C does not cut the end short. Below npm, which
 * may be killed without telling its scripts, the end of the parent process counts as well.
 */
function untilStopSignal(): Promise<void> {
  const parent = process.env['npm_lifecycle_event'] === undefined ? undefined : process.ppid;
  return new Promise((resolve) => {
    // The timer also keeps this process alive: the servers must not.
    const timer = setInterval(() => {
      if (parent !== undefined && process.ppid !== parent) stop();
    }, 500);
    const stop = () => {
      clearInterval(timer);
      resolve();
    };
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, stop);
  });
}

/** The URL on the first line, then who may ask, then how. */
async function describe(environment: EphemeralPostgrest, declaration: Declaration): Promise<string> {
  const { anonymous, users } = declaration;
  const roles = anonymous ? [`  ${anonymous.name}: requests without a token`] : [];
  const requests = anonymous ? [curl(environment, declaration, anonymous.name)] : [];
  for (const { name } of users) {
    const claims = sampleClaims(declaration, name);
    const token = await environment.tokenFor(name, claims, sampleOptions(declaration));
    roles.push(`  ${name}: claims ${JSON.stringify(claims)}, token`, `    ${token}`);
    requests.push(curl(environment, declaration, name, token));
  }
  return [environment.url, '', 'roles:', ...roles, '', 'try:', ...requests, '', 'Ctrl-C ends it.'].join('\n');
}

/** A request for the first table that the role may read, or else for the description of the API. */
function curl({ url }: EphemeralPostgrest, declaration: Declaration, role: string, token?: string): string {
  const roles = effectiveRoles(role, declaration);
  const readable = declaration.tables.flatMap((table) => {
    const grants = table.grants.filter((grant) => grant.command === 'select' && roles.has(grant.role));
    return grants.length === 0 ? [] : [{ table, grants }];
  })[0];
  const address = new URL(url);
  if (readable !== undefined) {
    address.pathname = encodeURIComponent(readable.table.name);
    // Without this, columns that the role may not read are asked for as well.
    const columns = readable.grants.map((grant) => grant.columns);
    if (!columns.includes(undefined)) address.search = `select=${[...new Set(columns.flat())].join(',')}`;
  }
  const schema = readable?.table.schema ?? declaration.schemas[0];
  const headers = [
    ...(schema === declaration.schemas[0] ? [] : [`Accept-Profile: ${schema}`]),
    ...(token === undefined ? [] : [`Authorization: Bearer ${token}`]),
  ];
  return ['  curl', quote(address.href), ...headers.map((header) => `-H ${quote(header)}`)].join(' ');
}

/** For a POSIX shell. */
function quote(text: string): string {
  return `'${text.replaceAll("'", String.raw`'\''`)}'`;
}

/** A value for each claim that the role's policies read, the first of its type, so that a seed can be made for it. */
function sampleClaims(declaration: Declaration, role: string): Record<string, unknown> {
  const { tables, tokens } = declaration;
  const roles = effectiveRoles(role, declaration);
  const claims: Record<string, unknown> = {};
  for (const name of tokens.requiredClaims) if (!registeredClaims.includes(name)) claims[name] = 'sample';
  const policies = tables
    .flatMap((table) => table.policies)
    .filter((policy) => policy.roles.some((name) => roles.has(name)));
  for (const { input } of policies) {
    if (!('claim' in input)) continue;
    const sample = sampleOf(input.kind === 'membership' ? input.memberType : input.type);
    setClaim(claims, input.claim, input.kind === 'claim-list' ? [sample] : sample);
  }
  return claims;
}

const registeredClaims = ['role', 'iss', 'aud', 'sub', 'exp', 'nbf', 'iat', 'jti'];

function sampleOptions({ tokens: { requiredClaims } }: Declaration) {
  return {
    expiresIn: 86_400,
    ...(requiredClaims.includes('sub') && { subject: 'sample' }),
    ...(requiredClaims.includes('jti') && { tokenId: randomUUID() }),
    ...(requiredClaims.includes('nbf') && { notBefore: new Date() }),
  };
}

function sampleOf(type: ClaimType): unknown {
  switch (type) {
    case 'uuid':
      return '00000000-0000-0000-0000-000000000001';
    case 'boolean':
      return true;
    case 'text':
      return 'sample';
    default:
      return 1;
  }
}

function setClaim(claims: Record<string, unknown>, path: ClaimPath, value: unknown): void {
  const [first, ...rest] = typeof path === 'string' ? [path] : path;
  if (first === undefined) return;
  if (rest.length === 0) {
    claims[first] ??= value;
  } else {
    const inner = (claims[first] ??= {}) as Record<string, unknown>;
    setClaim(inner, rest, value);
  }
}
