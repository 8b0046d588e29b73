import { createHash } from 'node:crypto';
import type { Finding } from '../finding.ts';

/**
 * Names of findings that stay from run to run: they depend on the rule and the object, not on texts. Of several findings of
 * one rule about one object, each has a number.
 */
export function fingerprints(findings: readonly Finding[]): string[] {
  const seen = new Map<string, number>();
  return findings.map(({ rule, object: { kind, schema, table, name, arguments: types } }) => {
    const identity = JSON.stringify([rule, kind, schema ?? null, table ?? null, name, types ?? null]);
    const number = (seen.get(identity) ?? 0) + 1;
    seen.set(identity, number);
    return `${createHash('sha256').update(identity).digest('hex').slice(0, 32)}:${number}`;
  });
}
