import { writeFileSync } from 'node:fs';
import { corpus } from '../../test/support/audit/corpus/index.ts';
import type { Figures, Outcome } from '../report.ts';
import { summarize } from '../statistics.ts';
import type { Linter } from './linter.ts';
import { ours } from './ours.ts';
import { pgrls } from './pgrls.ts';
import { runLinters, type Reported } from './run-linters.ts';
import { scoreOf, TOPICS, type Judged, type Topic } from './score.ts';
import { splinter } from './splinter.ts';

/**
 * Precision and recall of linters on the corpus of graded databases. A linter that this machine lacks is named and left out.
 * AUDIT_CASES=/path writes what each of them reported of each case.
 */
export async function benchAudit(figures: Figures): Promise<Outcome> {
  const linters = [ours, pgrls, splinter].filter((linter) => {
    const obstacle = linter.obstacle();
    if (obstacle !== undefined) console.log(`audit: without ${linter.name}: ${obstacle}`);
    return obstacle === undefined;
  });
  if (linters.length === 0) return { targets: [], skipped: 'no linter can run' };
  const reported = await runLinters(linters);
  for (const linter of linters) addScores(figures, linter, reported);
  writeCases(reported);
  return { targets: [] };
}

function addScores(figures: Figures, { name }: Linter, reported: ReadonlyMap<string, Reported>): void {
  const judged: Judged[] = corpus.map(({ id, grade }) => ({
    id,
    grade,
    reported: reported.get(id)![name]!.some(({ level }) => level !== 'info'),
  }));
  for (const topic of Object.keys(TOPICS) as Topic[]) {
    const { precision, recall } = scoreOf(judged, topic);
    for (const [measure, value] of Object.entries({ precision, recall })) {
      if (value !== null) figures.add(`${name}, ${topic}: ${measure}`, summarize([100 * value]), { unit: '%' });
    }
  }
}

function writeCases(reported: ReadonlyMap<string, Reported>): void {
  const path = process.env.AUDIT_CASES;
  if (path === undefined) return;
  const cases = corpus.map(({ id, base, grade, rules = [] }) => ({
    id,
    base,
    grade,
    rules,
    reported: reported.get(id),
  }));
  writeFileSync(path, `${JSON.stringify(cases, undefined, 1)}\n`);
}
