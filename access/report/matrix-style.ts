/** The look of the page: the system's font and scheme, no colour without a word that says the same. */
export const MATRIX_STYLE = `
:root {
  color-scheme: light dark;
  --page: #f6f7f9; --card: #fff; --text: #1b2430; --quiet: #566272; --line: #dfe3e9;
  --bar: #7fb2e5; --good: #1a6b3c; --bad: #b3261e; --bad-back: #fdeceb;
}
@media (prefers-color-scheme: dark) {
  :root {
    --page: #12161c; --card: #1a2029; --text: #e6eaf0; --quiet: #9fabba; --line: #2f3844;
    --bar: #3f7ab5; --good: #7fd6a2; --bad: #ffb4ab; --bad-back: #3b1d1b;
  }
}
* { box-sizing: border-box; }
body { margin: 0; background: var(--page); color: var(--text); font: 15px/1.5 system-ui, sans-serif; }
header, main { max-width: 64rem; margin: 0 auto; padding: 1.5rem 1.25rem 0; }
main { padding-bottom: 3rem; }
h1 { margin: 0; font-size: 1.6rem; line-height: 1.25; overflow-wrap: anywhere; }
h1 span, h2 span { color: var(--quiet); font-weight: 400; }
h1 span { display: block; font-size: 1.05rem; }
h2 { margin: 0; padding: .9rem 1rem .7rem; font-size: 1.05rem; overflow-wrap: anywhere; }
h2 span { margin-left: .4rem; font-size: .9rem; }
h3 { margin: .5rem 0 .1rem; color: var(--quiet); font-size: .75rem; font-weight: 600; }
p { max-width: 46rem; margin: .75rem 0 0; }
.verdict { color: var(--good); font-weight: 600; }
.verdict.bad { color: var(--bad); }
section { margin-bottom: 1.25rem; border: 1px solid var(--line); border-radius: 10px; background: var(--card); overflow: hidden; }
.scroll { overflow-x: auto; }
table { width: 100%; min-width: 40rem; border-collapse: collapse; table-layout: fixed; }
th, td { padding: 0; border-top: 1px solid var(--line); text-align: left; vertical-align: top; }
thead th { color: var(--quiet); font-size: .8rem; font-weight: 600; }
th, .refused, summary { padding: .45rem .75rem; }
th:first-child { padding-left: 1rem; overflow-wrap: anywhere; }
tbody th { font-weight: 500; }
td + td, th + td, th + th { border-left: 1px solid var(--line); }
.refused { color: var(--quiet); }
.some summary { background: linear-gradient(var(--bar) 0 0) left bottom / var(--share) 3px no-repeat content-box; }
.none summary { color: var(--quiet); }
summary { cursor: pointer; font-variant-numeric: tabular-nums; list-style: none; }
summary::-webkit-details-marker { display: none; }
summary > :first-child::after { content: ' ▸'; color: var(--quiet); font-size: .75em; }
details[open] > summary > :first-child::after { content: ' ▾'; }
summary:hover { text-decoration: underline; }
summary:focus-visible { outline: 2px solid currentColor; outline-offset: -2px; }
details > :not(summary) { margin-left: .75rem; margin-right: .75rem; }
details > :last-child { margin-bottom: .6rem; }
ul { margin: 0; padding: 0; list-style: none; font: 12px/1.5 ui-monospace, monospace; }
li { overflow-wrap: anywhere; }
.rows { max-height: 16rem; overflow: auto; }
.flag { display: inline-block; margin-bottom: 5px; padding: 0 .4rem; border: 1px solid var(--bad); border-radius: 4px; background: var(--bad-back); color: var(--bad); font-size: .75rem; font-weight: 600; white-space: nowrap; }
.unseen { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
/* On a phone each command has a line of its own. */
@media (max-width: 40rem) {
  table { min-width: 0; }
  table, tbody, tr, th, td { display: block; }
  thead { display: none; }
  tbody th { padding: .45rem 1rem 0; font-weight: 600; }
  td { display: grid; grid-template-columns: 5.5rem minmax(0, 1fr); padding-left: 1rem; border-top: 0; border-left: 0 !important; }
  td::before { content: attr(data-command); padding: .45rem 0; color: var(--quiet); }
  .refused { padding: 0 .75rem 0 1rem; }
  .refused > span[aria-hidden] { padding: .45rem .75rem; }
}
`;
