import type { Command } from 'commander';
import type { ScopeOptions } from '../audit/anywhere/find-scope.ts';
import { parseNames } from './parse-names.ts';

/** Adds the options that name parts of the scope of a database. */
export function addScopeOptions(command: Command): Command {
  return command
    .option('--schemas <names>', 'exposed schemas, with commas (default: found out)', parseNames)
    .option('--anonymous <role>', 'role of requests without a token (default: found out)')
    .option('--roles <names>', 'roles of requests, with commas (default: found out)', parseNames)
    .option('--authenticator <role>', 'login role of PostgREST (default: found out)');
}

/** Names of these options. */
export const SCOPE_OPTIONS = ['schemas', 'anonymous', 'roles', 'authenticator'] as const;

/** Parts of the scope that the user gave. */
export function givenScope(options: ScopeOptions): ScopeOptions {
  return Object.fromEntries(
    SCOPE_OPTIONS.map((name) => [name, options[name]]).filter(([, value]) => value !== undefined),
  ) as ScopeOptions;
}
