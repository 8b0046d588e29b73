import { expect, test } from 'vitest';
import type { Level } from '../../../audit/finding.ts';
import type { useAnywhereDatabase } from './anywhere-database.ts';

/** A database that a rule reports. */
export interface Reported {
  /** Ends a sentence that begins with "reports". */
  readonly title: string;
  readonly sql: string;
  readonly level: Level;
  readonly object: string;
  /** Parts of the problem, such as the roles. */
  readonly says: readonly string[];
  /** False where the fix is for people to decide. @default true */
  readonly mends?: boolean;
}

/** A database that looks like one of those, and that the rule does not report. */
export interface NotReported {
  /** Ends a sentence that begins with "does not report". */
  readonly title: string;
  readonly sql: string;
}

/** Tests of one rule. */
export function testRule(
  database: ReturnType<typeof useAnywhereDatabase>,
  rule: string,
  reported: readonly Reported[],
  notReported: readonly NotReported[],
): void {
  for (const { title, sql, level, object, says, mends = true } of reported) {
    test(`${rule} reports ${title}`, async () => {
      const findings = await database.findings(rule, sql);
      expect(findings.map((finding) => [finding.level, finding.object.text])).toEqual([[level, object]]);
      for (const part of says) expect(findings[0]!.problem).toContain(part);
      expect(findings[0]!.fix.sql.length > 0).toBe(mends);
      if (mends) expect(await database.mended(rule, sql)).toEqual({ left: [], added: [] });
    });
  }
  for (const { title, sql } of notReported) {
    test(`${rule} does not report ${title}`, async () => {
      expect(await database.findings(rule, sql)).toEqual([]);
    });
  }
}
