import { expect, it } from 'vitest';
import { accessMapHtml } from '../../../../access/report/map-html.ts';
import { accessMapMermaid } from '../../../../access/report/map-mermaid.ts';
import { MAP_STYLE } from '../../../../access/report/map-style.ts';
import { accessMapSvg } from '../../../../access/report/map-svg.ts';
import { accessMapText } from '../../../../access/report/map-text.ts';
import { smallMap } from './small-map.ts';

it('the text has a line for each rule, and the declared rule beside one that differs', () => {
  expect(accessMapText(smallMap)).toBe(`api.notes
  member"<b> select: all rows (1 of 2 columns) ! declared: own rows (user_id)

functions
  api.size(): called by anon; runs with the rights of owner

1 not as declared
`);
});

it('Mermaid gets names as entities, and a rule between a role and a table', () => {
  expect(accessMapMermaid(smallMap)).toBe(`flowchart LR
  r0(["anon<br/>no token"])
  r1(["member#34;#60;b#62;"])
  t0["api.notes"]
  f0[["api.size()<br/>definer"]]
  r0 -- "call" --> f0
  r1 -- "select: all rows" --> t0
`);
});

it.each([
  ['HTML', accessMapHtml(smallMap).replace(MAP_STYLE, '')],
  ['SVG', accessMapSvg(smallMap)],
])('the %s shows names as text, and loads nothing', (_, text) => {
  expect(text).toContain('member&#34;&#60;b&#62;');
  expect(text).not.toContain('"<b>');
  expect(text.replace('xmlns="http://www.w3.org/2000/svg"', '')).not.toMatch(/https?:|<script|url\(/);
});

it('the HTML says what is not as declared, and shows grants and policies as SQL', () => {
  const html = accessMapHtml(smallMap);
  expect(html).toContain('One rule is <span class="flag">not as declared</span>');
  expect(html).toContain('declared: own rows (user_id)');
  expect(html).toContain('GRANT SELECT (&#34;id&#34;)');
  expect(html).toContain('CREATE POLICY &#34;open&#34;');
});
