import { MATRIX_STYLE } from './matrix-style.ts';

/** The look of the matrix, with words in place of numbers, and SQL below them. */
export const MAP_STYLE = `${MATRIX_STYLE}
header, main { max-width: 80rem; }
table { min-width: 56rem; }
thead th:first-child { width: 11rem; }
tbody th small, td small, .note { display: block; color: var(--quiet); font-size: .8rem; font-weight: 400; }
.note { margin: 0; padding: 0 1rem .7rem; max-width: none; overflow-wrap: anywhere; }
td { overflow-wrap: anywhere; }
td[data-reach=all] summary { box-shadow: inset 3px 0 var(--bad); }
td[data-reach=some] summary { box-shadow: inset 3px 0 var(--bar); }
td[data-reach=none] summary { color: var(--quiet); box-shadow: inset 3px 0 var(--line); }
pre { margin-top: .2rem; margin-bottom: 0; padding: .4rem .5rem; border: 1px solid var(--line); border-radius: 6px; background: var(--page); font: 12px/1.45 ui-monospace, monospace; white-space: pre-wrap; overflow-wrap: anywhere; }
details > p { margin-top: .4rem; font-size: .85rem; }
.functions { padding: 0 0 .3rem; font: inherit; }
.functions > li { border-top: 1px solid var(--line); }
.legend { display: flex; flex-wrap: wrap; gap: .3rem 1.4rem; margin: .75rem 0 0; font: inherit; }
.legend li::before { content: ''; display: inline-block; width: 3px; height: 1em; margin-right: .45rem; background: var(--bar); vertical-align: -.12em; }
.legend .all::before { background: var(--bad); }
.legend .none::before { background: var(--line); }
@media (max-width: 40rem) { table { min-width: 0; } }
@media print { details > :not(summary) { display: block; } }
`;
