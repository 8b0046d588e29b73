import { createHash } from 'node:crypto';
import { expect, it } from 'vitest';
import { reportHtml } from '../../../../audit/report/report-html.ts';
import { REPORT_SCRIPT } from '../../../../audit/report/report-script.ts';
import { REPORT_STYLE } from '../../../../audit/report/report-style.ts';
import type { AuditReport } from '../../../../audit/report/audit-report.ts';
import { cleanReport, HOSTILE, hostileReport, sampleReport } from '../../../support/audit/sample-report.ts';

const page = (report: AuditReport) =>
  reportHtml(report)
    .replace(REPORT_STYLE, '')
    .replace(REPORT_SCRIPT, '')
    .replaceAll(/sha256-[^']*/g, 'HASH');

it('shows each finding with its object, reason, fix and documentation', () => {
  const html = page(sampleReport());
  expect(html.slice(html.indexOf('<main>'), html.indexOf('<footer>'))).toMatchInlineSnapshot(`
    "<main>
    <section class="level error">
    <h2>Errors <span>1</span></h2>
    <article aria-labelledby="error-rls_disabled">
    <h3 id="error-rls_disabled"><code>rls_disabled</code> <span>1 finding</span></h3>
    <p class="why">A grant on a table without row security shows every row. <a href="https://docs.example/docs/audit-rules.md#rls_disabled" rel="noreferrer">Documentation</a></p>
    <ul>
    <li data-level="error"><p><bdi class="object">api.todos</bdi> <bdi>is granted to anon without row security</bdi></p><p class="fix">Fix: <bdi>enable it, and write a policy</bdi></p><pre tabindex="0" role="region" aria-label="SQL of the fix"><code>ALTER TABLE &#34;api&#34;.&#34;todos&#34; ENABLE ROW LEVEL SECURITY;
    CREATE POLICY own ON &#34;api&#34;.&#34;todos&#34; USING (user_id = (SELECT auth.uid()));</code></pre></li>
    </ul>
    </article>
    </section>
    <section class="level warning">
    <h2>Warnings <span>2</span></h2>
    <article aria-labelledby="warning-missing_index">
    <h3 id="warning-missing_index"><code>missing_index</code> <span>1 finding</span></h3>
    <p class="why">A policy compares the column in each query. Without an index, each query reads the whole table. <a href="https://docs.example/docs/audit-rules.md#missing_index" rel="noreferrer">Documentation</a></p>
    <ul>
    <li data-level="warning"><p><bdi class="object">api.todos.user_id</bdi> <bdi>is compared by a policy and has no index</bdi></p><p class="fix">Fix: <bdi>create one that begins with &#34;user_id&#34;</bdi></p><pre tabindex="0" role="region" aria-label="SQL of the fix"><code>CREATE INDEX ON &#34;api&#34;.&#34;todos&#34; (&#34;user_id&#34;);</code></pre></li>
    </ul>
    </article>
    <article aria-labelledby="warning-search_path_not_set">
    <h3 id="warning-search_path_not_set"><code>search_path_not_set</code> <span>1 finding</span></h3>
    <p class="why">A function without <code>search_path</code> finds the objects of the caller. The caller can put [others] in their {place}. <a href="https://docs.example/docs/audit-rules.md#search_path_not_set" rel="noreferrer">Documentation</a></p>
    <ul>
    <li data-level="warning"><p><bdi class="object">api.add(integer)</bdi> <bdi>runs with its owner’s rights and with the search path of the caller</bdi></p><p class="fix">Fix: <bdi>ALTER FUNCTION &#34;api&#34;.&#34;add&#34;(integer) SET search_path = &#39;&#39;, and name objects with their schemas</bdi></p><pre tabindex="0" role="region" aria-label="SQL of the fix"><code>ALTER FUNCTION &#34;api&#34;.&#34;add&#34;(integer) SET search_path = &#39;&#39;;</code></pre><p class="fix">tried: the fix works: the finding was gone, and no new one came</p></li>
    </ul>
    </article>
    </section>
    <section class="level info">
    <h2>Infos <span>1</span></h2>
    <article aria-labelledby="info-truncate_granted">
    <h3 id="info-truncate_granted"><code>truncate_granted</code> <span>1 finding</span></h3>
    <p class="why">No request of PostgREST truncates a table. <a href="https://docs.example/docs/audit-rules.md#truncate_granted" rel="noreferrer">Documentation</a></p>
    <ul>
    <li data-level="info"><p><bdi class="object">api.todos</bdi> <bdi>grants TRUNCATE to anon</bdi></p><pre tabindex="0" role="region" aria-label="SQL of the fix"><code>REVOKE TRUNCATE ON &#34;api&#34;.&#34;todos&#34; FROM &#34;anon&#34;;</code></pre></li>
    </ul>
    </article>
    </section>
    <section class="accepted">
    <h2>Accepted <span>1</span></h2>
    <article><ul>
    <li><p><code>rls_disabled</code> (error) <bdi class="object">api.countries</bdi> <bdi>is granted to anon without row security</bdi></p><p class="fix">Accepted <bdi>until 2027-01-31: public list</bdi></p></li>
    </ul></article>
    </section>
    </main>
    "
  `);
});

it('shows the verdict, the scope, both scores and acceptances that have changed', () => {
  const html = page(sampleReport());
  expect(html.slice(html.indexOf('<header>'), html.indexOf('<main>'))).toMatchInlineSnapshot(`
    "<header>
    <h1><bdi>todos</bdi> <span>audit of what requests reach, and how fast</span></h1>
    <p class="verdict bad">Failed: 1 error, 2 warnings, 1 info, 1 accepted.</p>
    <dl>
    <div><dt>server</dt><dd>PostgreSQL 18.4</dd></div>
    <div><dt>schemas</dt><dd><bdi>api</bdi></dd></div>
    <div><dt>roles</dt><dd><bdi>anon</bdi>, <bdi>user</bdi></dd></div>
    <div><dt>anonymous</dt><dd><bdi>anon</bdi></dd></div>
    <div><dt>authenticator</dt><dd><bdi>authenticator</bdi></dd></div>
    <div><dt>found</dt><dd>by PostgREST’s settings in the database</dd></div>
    </dl>
    <div class="scores">
    <section class="score" aria-labelledby="score-exposure">
    <h2 id="score-exposure">exposure</h2>
    <p><b>70</b> of 100</p>
    <meter min="0" max="100" low="50" high="90" optimum="100" value="70">70 of 100</meter>
    <p class="parts">points: rls_disabled 1.00, search_path_not_set 0.20</p>
    </section>
    <section class="score" aria-labelledby="score-speed">
    <h2 id="score-speed">speed</h2>
    <p><b>94</b> of 100</p>
    <meter min="0" max="100" low="50" high="90" optimum="100" value="94">94 of 100</meter>
    <p class="parts">points: missing_index 0.20</p>
    </section>
    </div>
    <ul class="notes"><li>the acceptance of missing_index, api.todos.user_id, ended with 2026-10-31: the finding counts again</li><li>the acceptance of rls_disabled, table api.gone, names no finding: remove the entry</li></ul>
    </header>
    <form class="filter" role="search" hidden>
    <label class="search"><span>Filter</span> <input type="search" placeholder="table, rule, word"></label>
    <fieldset><legend class="unseen">Levels</legend><label><input type="checkbox" value="error" checked> 1 error</label><label><input type="checkbox" value="warning" checked> 2 warnings</label><label><input type="checkbox" value="info" checked> 1 info</label></fieldset>
    <output aria-live="polite"></output>
    </form>

    "
  `);
});

it('is quiet where nothing is found', () => {
  const html = page(cleanReport());
  expect(html).toContain('<p class="verdict">Passed: nothing found.</p>');
  expect(html).not.toContain('<form');
});

it('names a path where the address of the documents is not known', () => {
  const report = sampleReport({ docs: undefined });
  expect(page(report)).toContain('<code>docs/audit-rules.md#rls_disabled</code>');
  expect(page(report)).not.toContain('<a ');
});

it('loads nothing, and runs only its own script', () => {
  const html = reportHtml(sampleReport({ docs: 'docs/' }));
  expect(html).not.toMatch(/<(link|img|iframe|object|embed|base)|url\(|@import|https?:|\son\w+=|\sstyle=/i);
  const hash = (text: string) => `'sha256-${createHash('sha256').update(text).digest('base64')}'`;
  expect(html).toContain(
    `content="default-src 'none'; style-src ${hash(REPORT_STYLE)}; script-src ${hash(REPORT_SCRIPT)}; base-uri 'none'; form-action 'none'"`,
  );
  expect(html.match(/<script>/g)).toHaveLength(1);
});

it('shows hostile texts as text', () => {
  const html = page(hostileReport());
  const tags = (text: string) => new Set(text.match(/<[^>]*>/g)!.map((tag) => tag.replace(/"[^"]*"/g, '""')));
  const known = tags(page(sampleReport()));
  expect([...tags(html)].filter((tag) => !known.has(tag))).toEqual([]);
  expect(html).toContain('&#60;script&#62;alert(1)&#60;/script&#62;]]&#62;');
  expect(html).not.toContain(HOSTILE);
  // eslint-disable-next-line no-control-regex
  expect(html).not.toMatch(/[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2028\u2066-\u2069\ufeff]/);
});
