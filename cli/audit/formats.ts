import { acceptedText } from '../../audit/accepted-findings/accepted-text.ts';
import { failing, type AuditReport } from '../../audit/report/audit-report.ts';
import { reportComment } from '../../audit/report/report-comment.ts';
import { reportHtml } from '../../audit/report/report-html.ts';
import { reportJson } from '../../audit/report/report-json.ts';
import { reportJunit } from '../../audit/report/report-junit.ts';
import { reportSarif } from '../../audit/report/report-sarif.ts';
import { reportText } from '../../audit/report/report-text.ts';

/** Reports by the name of their format. */
export const FORMATS = {
  text: (report: AuditReport) => reportText(report),
  json: reportJson,
  sarif: reportSarif,
  junit: reportJunit,
  html: reportHtml,
  comment: reportComment,
  accepted: (report: AuditReport) => acceptedText(report.accepted, failing(report)),
} satisfies Record<string, (report: AuditReport) => string>;

export type Format = keyof typeof FORMATS;
