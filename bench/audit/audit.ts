import { writeFileSync } from 'node:fs';
import { corpus } from '../../test/support/audit/corpus/index.ts';
import type { Figures, Outcome, Target } from '../report.ts';
import { summarize } from '../statistics.ts';
import type { Linter } from './linter.ts';
import { ours } from './ours.ts';
import { pgrls } from './pgrls.ts';
import { runLinters, type Reported } from './run-linters.ts';
import { scoreOf, TOPICS, type Judged, type Topic } from './score.ts';
import { benchSize, LONGEST_MS, TIME_OF_OURS } from './size.ts';
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
  await benchSize(figures, pgrls.obstacle() === undefined ? pgrls : undefined);
  return { targets: targets(figures, linters) };
}

/** At least so many percent of what is reported is right, and of what is wrong is reported. */
const LEAST = { precision: 98, recall: 95 };

/** Figures are shares to be reached: a target is what is missing. */
function targets(figures: Figures, linters: readonly Linter[]): Target[] {
  const others = linters.filter((linter) => linter !== ours);
  return (['precision', 'recall'] as const)
    .flatMap((measure): Target[] => {
      const missing = (name: string) => 100 - figures.of(`${name}, all: ${measure}`).median;
      const ahead = others.map(({ name }) => ({ name: `more ${measure} than ${name}`, limit: missing(name) }));
      const all = [{ name: `${measure} of at least ${LEAST[measure]} %`, limit: 100 - LEAST[measure] }, ...ahead];
      return all.map((target) => ({ ...target, value: missing(ours.name), unit: '% missing' }));
    })
    .concat({ name: TIME_OF_OURS, value: figures.of(TIME_OF_OURS).median, limit: LONGEST_MS, unit: 'ms' });
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
