import type { Grade } from '../../test/support/audit/corpus/case.ts';

/** A case, and whether a linter reported an error or a warning that it does not report on the base alone. */
export interface Judged {
  readonly id: string;
  readonly grade: Grade;
  readonly reported: boolean;
}

export interface Score {
  /** Share of what was reported that is open or slow; null where nothing was reported. */
  readonly precision: number | null;
  /** Share of what is open or slow that was reported; null where there is nothing such. */
  readonly recall: number | null;
  readonly found: number;
  /** Ids of cases that are open or slow, and were not reported. */
  readonly missed: readonly string[];
  /** Ids of cases that are closed or fine, and were reported. */
  readonly falseAlarms: readonly string[];
}

export const TOPICS = { all: ['open', 'slow'], exposure: ['open'], speed: ['slow'] } as const;
export type Topic = keyof typeof TOPICS;

/** Precision and recall: of all cases, or against the same closed and fine ones for open or slow cases only. */
export function scoreOf(judged: readonly Judged[], topic: Topic = 'all'): Score {
  const dangers: readonly Grade[] = TOPICS[topic];
  const dangerous = judged.filter(({ grade }) => dangers.includes(grade));
  const harmless = judged.filter(({ grade }) => grade === 'closed' || grade === 'fine');
  const found = dangerous.filter(({ reported }) => reported).length;
  const falseAlarms = idsOf(harmless.filter(({ reported }) => reported));
  return {
    precision: share(found, found + falseAlarms.length),
    recall: share(found, dangerous.length),
    found,
    missed: idsOf(dangerous.filter(({ reported }) => !reported)),
    falseAlarms,
  };
}

const idsOf = (judged: readonly Judged[]) => judged.map(({ id }) => id);
const share = (part: number, whole: number) => (whole === 0 ? null : part / whole);
