/** Style of the charts in the colors of the site, which knows light and dark. Without a blank line: Markdown would end the block. */
export const CHART_STYLE = `
.history-charts { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(260px, 100%), 1fr)); gap: 16px; margin: 16px 0; }
.history-charts figure { display: flex; flex-direction: column; justify-content: space-between; margin: 0; padding: 12px; border: 1px solid var(--vp-c-divider); border-radius: 8px; }
.history-charts figcaption { font-size: 13px; line-height: 1.4; color: var(--vp-c-text-2); overflow-wrap: anywhere; }
.history-charts figcaption b { display: block; color: var(--vp-c-text-1); font-weight: 500; }
.history-charts svg { display: block; width: 100%; height: auto; overflow: visible; margin-top: 8px; }
.history-charts text { font-size: 10.5px; fill: var(--vp-c-text-2); }
.history-charts .axis { stroke: var(--vp-c-divider); stroke-width: 1; }
.history-charts polyline { fill: none; stroke-width: 2; stroke-linejoin: round; }
.history-charts .measured { stroke: var(--vp-c-brand-1); }
.history-charts .compared { stroke: var(--vp-c-text-3); stroke-dasharray: 4 3; }
.history-charts circle { fill: var(--vp-c-brand-1); stroke: var(--vp-c-brand-1); stroke-width: 1.5; }
.history-charts circle.busy { fill: var(--vp-c-bg); }
.history-values summary { cursor: pointer; font-size: 14px; }
.history-values table { font-size: 13px; white-space: nowrap; }
.history-values th[scope='row'] { min-width: 110px; max-width: 220px; white-space: normal; text-align: left; font-weight: 500; }
`.trim();
