import { jsonText } from '../../audit/report/json-text.ts';
import { fails, type DiffReport } from './diff-report.ts';

/** Version of the format: it grows when a field changes its meaning or goes. */
const FORMAT = 1;

/** A comparison for programs, as docs/access.md describes it. */
export function diffJson(report: DiffReport): string {
  const { generator, diff, failOn } = report;
  return jsonText({ format: FORMAT, generator, failOn, failed: fails(report), ...diff });
}
