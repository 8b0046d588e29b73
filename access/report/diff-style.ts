import { REPORT_STYLE } from '../../audit/report/report-style.ts';

/** The look of the audit's report, with grades in place of levels. */
export const DIFF_STYLE = `${REPORT_STYLE}
.wider, .incomparable { --grade: var(--error); }
.undecided { --grade: var(--warning); }
.narrower { --grade: var(--good); }
.level > h2 { color: var(--grade); }
.level article { border-left-color: var(--grade); }
.meaning { color: var(--quiet); }
.pieces { margin-top: .4rem; }
.pieces summary { color: var(--link); cursor: pointer; }
.pieces h4 { margin: .6rem 0 0; font-size: .9rem; font-weight: 600; overflow-wrap: anywhere; }
.pieces ins, .pieces del { display: block; text-decoration: none; }
.pieces ins::before { content: '+ '; color: var(--good); }
.pieces del::before { content: '- '; color: var(--error); }
.pieces pre { white-space: pre-wrap; overflow-wrap: anywhere; }
`;
