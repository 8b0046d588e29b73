/** The look of the page: the system's font and scheme, no colour without a word that says the same. */
export const REPORT_STYLE = `
:root {
  color-scheme: light dark;
  --page: #f6f7f9; --card: #fff; --text: #1b2430; --quiet: #566272; --line: #dfe3e9; --code: #f1f3f6; --link: #0b5cad;
  --good: #1a6b3c; --error: #b3261e; --warning: #8a5300; --info: #2b5f99;
}
@media (prefers-color-scheme: dark) {
  :root {
    --page: #12161c; --card: #1a2029; --text: #e6eaf0; --quiet: #9fabba; --line: #2f3844; --code: #11161d; --link: #8cc2ff;
    --good: #7fd6a2; --error: #ffb4ab; --warning: #f3c26b; --info: #9cc9f5;
  }
}
* { box-sizing: border-box; }
[hidden] { display: none !important; }
html { scroll-padding-top: 5rem; }
body { margin: 0; background: var(--page); color: var(--text); font: 15px/1.5 system-ui, sans-serif; }
header, main, footer, .filter { max-width: 64rem; margin: 0 auto; padding: 1.5rem 1.25rem 0; }
main { padding-top: .5rem; }
footer { padding-bottom: 2.5rem; color: var(--quiet); font-size: .85rem; }
h1, h2, h3, p, dd { overflow-wrap: anywhere; }
h1 { margin: 0; font-size: 1.6rem; line-height: 1.25; }
h1 span { display: block; color: var(--quiet); font-size: 1.05rem; font-weight: 400; }
h2 span, h3 span { margin-left: .3rem; color: var(--quiet); font-size: .9rem; font-weight: 400; }
h2 { margin: 0; font-size: 1.1rem; }
h3 { margin: 0; font-size: 1rem; }
p { margin: 0; }
a { color: var(--link); }
code, pre { font-family: ui-monospace, monospace; }
.verdict { margin: .75rem 0; color: var(--good); font-weight: 600; }
.verdict.bad { color: var(--error); }
dl { display: grid; gap: .15rem; margin: 0; }
dl div { display: grid; grid-template-columns: 7.5rem minmax(0, 1fr); }
dt { color: var(--quiet); }
dd { margin: 0; }
.scores { display: grid; grid-template-columns: repeat(auto-fit, minmax(16rem, 1fr)); gap: 1rem; margin-top: 1rem; }
.score, article { border: 1px solid var(--line); border-radius: 10px; background: var(--card); }
.score { padding: .8rem 1rem; }
.score h2 { color: var(--quiet); font-size: .85rem; font-weight: 600; }
.score b { font-size: 1.7rem; font-variant-numeric: tabular-nums; }
.score .parts { color: var(--quiet); font-size: .85rem; }
meter { width: 100%; height: .9rem; }
.notes { margin: 1rem 0 0; padding: .6rem 1rem .6rem 2rem; border: 1px solid var(--warning); border-radius: 10px; background: var(--card); }
.notes li { overflow-wrap: anywhere; }
.filter { position: sticky; top: 0; z-index: 1; display: flex; flex-wrap: wrap; align-items: center; gap: .5rem 1.25rem; padding-top: .75rem; padding-bottom: .75rem; background: var(--page); }
.search { display: flex; flex: 1 1 14rem; align-items: center; gap: .5rem; }
.search input { flex: 1; min-width: 0; padding: .4rem .6rem; border: 1px solid var(--quiet); border-radius: 6px; background: var(--card); color: inherit; font: inherit; }
fieldset { display: flex; flex-wrap: wrap; gap: .25rem 1rem; margin: 0; padding: 0; border: 0; }
fieldset label { white-space: nowrap; }
output { color: var(--quiet); }
.level, .accepted { margin-top: 1.25rem; }
.error > h2 { color: var(--error); }
.warning > h2 { color: var(--warning); }
.info > h2 { color: var(--info); }
article { margin-top: .75rem; padding: .8rem 1rem; border-left: 4px solid var(--line); }
.error article { border-left-color: var(--error); }
.warning article { border-left-color: var(--warning); }
.info article { border-left-color: var(--info); }
.why { max-width: 46rem; margin-top: .25rem; color: var(--quiet); }
article ul { margin: .6rem 0 0; padding: 0; list-style: none; }
article li { padding: .6rem 0; border-top: 1px solid var(--line); }
article li:last-child { padding-bottom: 0; }
.accepted article ul { margin-top: -.6rem; }
.accepted article li:first-child { border-top: 0; }
.object { font-weight: 600; }
.fix { color: var(--quiet); }
.sql { position: relative; margin-top: .4rem; }
pre { margin: .4rem 0 0; padding: .55rem 5.5rem .55rem .7rem; border-radius: 6px; background: var(--code); font-size: .85rem; overflow-x: auto; }
.sql pre { margin: 0; }
.sql button { position: absolute; top: .3rem; right: .3rem; min-width: 4.5rem; padding: .15rem .5rem; border: 1px solid var(--quiet); border-radius: 6px; background: var(--card); color: inherit; font: inherit; font-size: .85rem; cursor: pointer; }
:focus-visible { outline: 2px solid var(--link); outline-offset: 1px; }
.unseen { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
@media (max-width: 40rem) {
  header, main, footer, .filter { padding-left: .9rem; padding-right: .9rem; }
  dl div { grid-template-columns: minmax(0, 1fr); margin-bottom: .25rem; }
  pre { padding-right: .7rem; padding-bottom: 2.4rem; white-space: pre-wrap; overflow-wrap: anywhere; }
  .sql button { top: auto; bottom: .3rem; }
}
@media print {
  :root { color-scheme: light; --page: #fff; --card: #fff; --text: #000; --quiet: #444; --line: #bbb; --code: #fff; --link: #000; --good: #1a6b3c; --error: #b3261e; --warning: #8a5300; --info: #2b5f99; }
  .filter, .sql button { display: none; }
  li { break-inside: avoid; }
  h2, h3, .why { break-after: avoid; }
  pre { padding: .4rem .6rem; border: 1px solid var(--line); white-space: pre-wrap; overflow-wrap: anywhere; }
}
`;
