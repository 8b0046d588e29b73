import type { Version } from '../declaration/releases/versions.ts';
import type { GatewayLimits } from './types.ts';

/** PostgREST computes over the names in a body for a hint, with the square of their length: each takes 0.3 s. */
const KILOBYTES = { before12_2: 2, since12_2: 128 };

/** The limits that a version of PostgREST needs instead of the default ones, with its declared settings. */
export function limitsFor(
  [major, minor]: Version,
  settings: Readonly<Record<string, string>> = {},
): Partial<GatewayLimits> {
  if (major < 12 || (major === 12 && minor < 2)) return { rpcBodyKilobytes: KILOBYTES.before12_2 };
  const hasHints = major < 16 || (settings['client-error-verbosity'] ?? 'minimal') !== 'minimal';
  return hasHints ? { rpcBodyKilobytes: KILOBYTES.since12_2 } : {};
}
