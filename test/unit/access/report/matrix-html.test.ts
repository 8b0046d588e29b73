import { expect, it } from 'vitest';
import { matrixHtml } from '../../../../access/report/matrix-html.ts';
import { MATRIX_STYLE } from '../../../../access/report/matrix-style.ts';
import { HOSTILE, hostileMatrix, smallMatrix } from './small-matrix.ts';

const page = (matrix: Parameters<typeof matrixHtml>[0]) => matrixHtml(matrix).replace(MATRIX_STYLE, '');

it('shows who reaches what, with keys and columns', () => {
  const [todos, logs] = smallMatrix.relations;
  expect(page({ ...smallMatrix, relations: [todos!, logs!] })).toMatchInlineSnapshot(`
    "<!doctype html>
    <html lang="en">
    <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <meta name="color-scheme" content="light dark">
    <meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'">
    <title>todos: who reaches which rows</title>
    <style></style>
    </head>
    <body>
    <header>
    <h1><bdi>todos</bdi> <span>who reaches which rows</span></h1>
    <p class="verdict bad">One cell shows a command that works and is <span class="flag">not declared</span>.</p>
    <p>Measured in the database, each command on each row. <b>select</b>, <b>update</b> and <b>delete</b> tell which rows are
    reached, <b>insert</b> of which rows a copy may be added. Open a number for the keys and the columns; – is refused, and
    says why where it is pointed at.</p>
    </header>
    <main>
    <section>
    <h2><bdi>api.todos</bdi> <span>3 rows</span></h2>
    <div class="scroll"><table>
    <thead><tr><th scope="col">subject</th><th scope="col">select</th><th scope="col">insert</th><th scope="col">update</th><th scope="col">delete</th></tr></thead>
    <tbody>
    <tr><th scope="row"><bdi>anonymous</bdi></th><td data-command="select" class="some" style="--share:33%"><details><summary><span>1 of 3</span></summary><h3>rows</h3><ul class="rows"><li><bdi>2</bdi></li></ul><h3>columns</h3><ul><li><bdi>id</bdi></li><li><bdi>title</bdi></li></ul></details></td><td data-command="insert" class="refused" title="no privilege (42501)"><span aria-hidden="true">–</span><span class="unseen">refused: no privilege (42501)</span></td><td data-command="update" class="refused" title="no privilege (42501)"><span aria-hidden="true">–</span><span class="unseen">refused: no privilege (42501)</span></td><td data-command="delete" class="some" style="--share:100%"><details><summary><span>all 3</span> <span class="flag">not declared</span></summary><h3>rows</h3><ul class="rows"><li><bdi>1</bdi></li><li><bdi>2</bdi></li><li><bdi>3</bdi></li></ul></details></td></tr>
    <tr><th scope="row"><bdi>ann</bdi></th><td data-command="select" class="some" style="--share:67%"><details><summary><span>2 of 3</span></summary><h3>rows</h3><ul class="rows"><li><bdi>1</bdi></li><li><bdi>2</bdi></li></ul><h3>columns</h3><ul><li><bdi>id</bdi></li></ul></details></td><td data-command="insert" class="some" style="--share:100%"><details><summary><span>all 3</span></summary><h3>rows</h3><ul class="rows"><li><bdi>1</bdi></li><li><bdi>2</bdi></li><li><bdi>3</bdi></li></ul><h3>columns</h3><ul><li><bdi>title</bdi></li></ul></details></td><td data-command="update" class="none" style="--share:0%"><details><summary><span>0</span></summary><p>no row</p><h3>columns</h3><ul><li><bdi>title</bdi></li></ul></details></td><td data-command="delete" class="refused" title="no privilege (42501)"><span aria-hidden="true">–</span><span class="unseen">refused: no privilege (42501)</span></td></tr>
    </tbody>
    </table></div>
    </section>
    <section>
    <h2><bdi>api.logs</bdi> <span>0 rows</span></h2>
    <div class="scroll"><table>
    <thead><tr><th scope="col">subject</th><th scope="col">select</th><th scope="col">insert</th><th scope="col">update</th><th scope="col">delete</th></tr></thead>
    <tbody>
    <tr><th scope="row"><bdi>anonymous</bdi></th><td data-command="select" class="refused" title="no privilege (42501)"><span aria-hidden="true">–</span><span class="unseen">refused: no privilege (42501)</span></td><td data-command="insert" class="refused" title="the token is not valid here (PT401)"><span aria-hidden="true">–</span><span class="unseen">refused: the token is not valid here (PT401)</span></td><td data-command="update" class="refused" title="XY123"><span aria-hidden="true">–</span><span class="unseen">refused: XY123</span></td><td data-command="delete" class="refused" title="no privilege (42501)"><span aria-hidden="true">–</span><span class="unseen">refused: no privilege (42501)</span></td></tr>
    <tr><th scope="row"><bdi>ann</bdi></th><td data-command="select" class="none" style="--share:0%"><details><summary><span>0</span></summary><p>no row</p></details></td><td data-command="insert" class="some" style="--share:0%"><details><summary><span>new</span></summary><h3>rows</h3><ul class="rows"><li><bdi>DEFAULT VALUES</bdi></li></ul></details></td><td data-command="update" class="refused" title="no privilege (42501)"><span aria-hidden="true">–</span><span class="unseen">refused: no privilege (42501)</span></td><td data-command="delete" class="refused" title="no privilege (42501)"><span aria-hidden="true">–</span><span class="unseen">refused: no privilege (42501)</span></td></tr>
    </tbody>
    </table></div>
    </section>
    </main>
    </body>
    </html>
    "
  `);
});

it('counts keys that nobody would read', () => {
  const html = page(smallMatrix);
  expect(html).toContain('<li><bdi>e99</bdi></li><li>and 900 more</li>');
  expect(html).not.toContain('e100');
  expect(html).toContain('the first 1000 rows');
});

it('says that nothing is undeclared', () => {
  expect(page({ ...smallMatrix, relations: smallMatrix.relations.slice(1) })).toContain(
    '<p class="verdict">Every command that works is declared.</p>',
  );
});

it('is a page of its own: nothing is loaded, nothing runs', () => {
  const html = matrixHtml(smallMatrix);
  expect(html).not.toMatch(/<(script|link|img|iframe|object|embed|base)|url\(|@import|https?:|\son\w+=/i);
  expect(html).toContain(`default-src 'none'; style-src 'unsafe-inline'`);
});

it('shows hostile texts as text', () => {
  const html = page(hostileMatrix);
  const known = page(smallMatrix);
  const tags = (text: string) => new Set(text.match(/<[^>]*>/g)!.map((tag) => tag.replace(/"[^"]*"/g, '""')));
  expect([...tags(html)].filter((tag) => !tags(known).has(tag))).toEqual([]);
  expect(html).toContain(
    '&#60;script&#62;alert(&#39;1&#39;)&#60;/script&#62;&#34; onload=&#34;x&#34; &#38;amp; \\u{1b}[31m\\u{202e}\\u{a}',
  );
  expect(html).not.toContain(HOSTILE);
  // eslint-disable-next-line no-control-regex
  expect(html).not.toMatch(/[\x00-\x09\x0b-\x1f\x7f-\x9f\u202e]/);
});
