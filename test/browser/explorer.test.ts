import { execFileSync } from 'node:child_process';
import type { Browser, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { allRows, declare } from '../../declaration/index.ts';
import { freePorts } from '../../testing/servers/free-ports.ts';
import { startExplorer } from '../../explorer/explorer.ts';
import { startEphemeralPostgrest } from '../../testing/index.ts';
import declaration from '../../examples/todos/declaration.ts';
import { launchBrowser, visit } from '../support/browser.ts';
import { startTodosExplorer, type TodosExplorer } from '../support/todos-explorer.ts';

let browser: Browser;
let todos: TodosExplorer;
let page: Page;
/** What the page asked for, and what the browser complained about. */
let requests: string[];
let complaints: string[];

beforeAll(async () => {
  [browser, todos] = await Promise.all([launchBrowser(), startTodosExplorer()]);
});
afterAll(() => Promise.all([browser.close(), todos.stop()]));

beforeEach(async () => {
  page = patient(await browser.newPage());
  [requests, complaints] = [[], []];
  page.on('request', (request) => requests.push(request.url()));
  page.on('console', (message) => complaints.push(message.text()));
  page.on('pageerror', (error) => complaints.push(String(error)));
});
afterEach(() => page.close());

const role = () => page.getByLabel('Role', { exact: true });
const operations = () => page.locator('.opblock .opblock-summary-method').allTextContents();
const operation = (method: string, path: string) => page.locator(`[id="operations-${path}-${method}_${path}"]`);
const executed = () => page.locator('.live-responses-table .response-col_description code.language-json');

/** Rows that Swagger UI shows after a request. */
async function execute(): Promise<{ title: string }[]> {
  await page.getByRole('button', { name: 'Execute' }).click();
  return JSON.parse(await executed().innerText()) as { title: string }[];
}

async function open(url = todos.explorer.link) {
  await visit(page, url);
  await tab('Requests').click();
  await page.locator('.opblock').first().waitFor();
}

/** On a busy machine a page takes longer than the 30 seconds that Playwright waits. */
function patient(page: Page): Page {
  page.setDefaultTimeout(90_000);
  return page;
}

const tab = (name: string) => page.getByRole('tab', { name });
const openIdentity = () => page.locator('#viewed-as').click();
const cells = () => page.locator('#rows tbody tr').evaluateAll(readCells);
const readCells = (lines: { innerText: string }[]) =>
  lines.map((line) => line.innerText.split('\t').map((cell) => cell.trim()));

async function choose(name: string) {
  await role().selectOption(name);
  await page.getByText(`Showing what ${name} may do.`).waitFor();
}

const titles = (rows: { title: string }[]) => rows.map(({ title }) => title);

describe('the explorer', () => {
  it('shows and does what each role may', async () => {
    await open();
    await choose('todos_user');
    await expect.poll(operations).toEqual(['GET', 'GET', 'POST', 'DELETE', 'PATCH']);
    await operation('get', 'todos').getByRole('button').first().click();
    const rows = await execute();
    expect(titles(rows)).toEqual(['buy milk', 'water the plants']);
    expect(rows[0]).toHaveProperty('user_id');

    await choose('todos_anon');
    await expect.poll(operations).toEqual(['GET', 'GET']);
    // What the user saw is gone, and what was unfolded is not.
    await expect.poll(() => executed().count()).toBe(0);
    expect(await execute()).toEqual([{ id: 2, title: 'water the plants', done: true }]);

    await choose('todos_user');
    await openIdentity();
    await page.getByLabel('Claims of the token').fill('{ "user_id": 2 }');
    await page.getByRole('button', { name: 'Use these claims' }).click();
    await page.getByText('Requests now carry a token with these claims.').waitFor();
    expect(titles(await execute())).toEqual(['water the plants', 'call the bank']);
  });

  it('shows the rows that a role reads, filtered and in an order, with the keyboard alone', async () => {
    await visit(page, todos.explorer.link);
    await expect.poll(cells).toEqual([['2', 'water the plants', 'true']]);
    await choose('todos_user');
    await expect.poll(async () => (await cells()).length).toBe(2);
    const titlesShown = async () => (await cells()).map((line) => line.find((text) => /[a-z] /.test(text)));
    const ordered = (direction: string) => page.locator(`th[aria-sort=${direction}] button:focus`).count();
    await page.getByRole('button', { name: 'title', exact: true }).press('Enter');
    await expect.poll(() => ordered('ascending')).toBe(1);
    expect(await titlesShown()).toEqual(['buy milk', 'water the plants']);
    await page.keyboard.press('Enter');
    await expect.poll(() => ordered('descending')).toBe(1);
    await expect.poll(titlesShown).toEqual(['water the plants', 'buy milk']);

    await page.getByRole('button', { name: 'Add filter' }).press('Enter');
    await page.getByLabel('Column').selectOption('id');
    await page.getByLabel('Value').fill('1');
    await page.keyboard.press('Enter');
    await expect.poll(titlesShown).toEqual(['buy milk']);
    expect(await page.locator('#rows-request').innerText()).toContain('&id=eq.1&order=title.desc&limit=50');
    await page.getByLabel('Operator').selectOption('>');
    await page.getByRole('button', { name: 'Show rows' }).click();
    await expect.poll(titlesShown).toEqual(['water the plants']);
    await page.getByLabel('Operator').selectOption('is');
    await page.getByRole('button', { name: 'Show rows' }).click();
    await page.locator('#rows-answer.bad').filter({ hasText: '400' }).waitFor();
    complaints.splice(0);
    await page.getByRole('button', { name: 'Remove the filter' }).click();
    await expect.poll(async () => (await cells()).length).toBe(2);
  });

  it('takes id = 1 as a filter of a request, and shows no header of its own', async () => {
    await open();
    await choose('todos_user');
    await operation('get', 'todos').getByRole('button').first().click();
    await operation('get', 'todos').locator('tr[data-param-name="id"] input').fill('= 1');
    expect(titles(await execute())).toEqual(['buy milk']);
    expect(await page.locator('.request-url').innerText()).toContain('id=eq.1');
    const headers = await page.locator('.live-responses-table .headerline').allInnerTexts();
    expect(headers.join('\n')).toContain('content-range');
    expect(headers.join('\n')).not.toMatch(/content-security-policy|referrer-policy|cross-origin|nosniff/);
  });

  it('shows who reaches which rows on a tab, which arrow keys lead to', async () => {
    await visit(page, todos.explorer.link);
    await tab('Rows').focus();
    await page.keyboard.press('ArrowRight');
    await page.keyboard.press('ArrowRight');
    await page.locator('#access tbody tr').first().waitFor();
    expect(await tab('Access').getAttribute('aria-selected')).toBe('true');
    expect(await page.locator('#access tbody tr').evaluateAll(readCells)).toEqual([
      ['todos_anon', '1 of 3', '–', '–', '–'],
      ['todos_user', '2 of 3', 'all 3', '2 of 3', '2 of 3'],
    ]);
    await page.locator('#access summary').first().click();
    expect(await page.locator('#access li').first().innerText()).toBe('2');
  });

  it('follows a change of the API without a reload', async () => {
    await visit(page, todos.explorer.link);
    await expect.poll(async () => (await cells()).length).toBe(1);
    await todos.environment.sql(`insert into api.todos (user_id, title, public) values (9, 'new', true)`);
    todos.explorer.announceChange();
    await expect.poll(async () => (await cells()).length).toBe(2);
    await todos.environment.sql(`delete from api.todos where user_id = 9`);
    todos.explorer.announceChange();
    await expect.poll(async () => (await cells()).length).toBe(1);
  });

  it.each(['light', 'dark'] as const)('fits a phone in %s', async (colorScheme) => {
    await page.close();
    page = patient(await browser.newPage({ colorScheme, viewport: { width: 360, height: 740 } }));
    for (const name of ['Rows', 'Requests', 'Access']) {
      await visit(page, todos.explorer.link);
      await tab(name).click();
      await page.locator('#rows tbody tr, .opblock, #access tbody tr').locator('visible=true').first().waitFor();
      const width = await page.evaluate<number>('document.documentElement.scrollWidth');
      expect({ name, width }).toEqual({ name, width: 360 });
    }
    const background = await page.evaluate<string>('getComputedStyle(document.documentElement).backgroundColor');
    expect(background).toBe(colorScheme === 'dark' ? 'rgb(18, 22, 28)' : 'rgb(246, 248, 250)');
  });

  it('writes as well', async () => {
    await open();
    await choose('todos_user');
    await operation('post', 'todos').getByRole('button').first().click();
    await page.locator('textarea.body-param__text').fill('{ "title": "from the page" }');
    await page.getByRole('button', { name: 'Execute' }).click();
    await page.locator('.live-responses-table').getByText('201', { exact: true }).waitFor();
    const rows = await todos.environment.sql(`delete from api.todos where title = 'from the page' returning user_id`);
    expect(rows).toEqual([{ user_id: 1 }]);
  });

  it('shows token and curl line, and copies them', async () => {
    await page.context().grantPermissions(['clipboard-read', 'clipboard-write']);
    await open();
    await openIdentity();
    expect(await page.locator('#token').isVisible()).toBe(false);
    await choose('todos_user');
    const token = await page.locator('#token').innerText();
    expect(token).toMatch(/^eyJ/);
    expect(await page.locator('#curl').innerText()).toBe(
      `curl ${todos.environment.url}/todos -H 'Authorization: Bearer ${token}'`,
    );
    await page.getByRole('button', { name: 'Copy the token' }).click();
    await page.getByText('Copied.').waitFor();
    expect(await page.evaluate('navigator.clipboard.readText()')).toBe(token);
  });

  it('says what is wrong with claims, and goes on with the token before', async () => {
    await open();
    await openIdentity();
    await choose('todos_user');
    const token = await page.locator('#token').innerText();
    for (const [claims, problem] of [
      ['{', 'JSON'],
      ['[]', 'claims are a JSON object'],
      ['{ "exp": "soon" }', 'claims.exp: "soon" cannot be'],
      ['{ "role": "todos_admin" }', 'claims.role: "todos_admin" is not "todos_user"'],
    ] as const) {
      await page.getByLabel('Claims of the token').fill(claims);
      await page.getByRole('button', { name: 'Use these claims' }).click();
      await page.getByRole('alert').filter({ hasText: problem }).waitFor();
      expect(await page.locator('#token').innerText()).toBe(token);
    }
    // A browser says by itself that the server refused.
    expect(complaints.splice(0).filter((text) => !text.includes('400'))).toEqual([]);
  });

  it('is used with the keyboard, and remembers the role', async () => {
    await visit(page, todos.explorer.link);
    await page.getByText('Showing what todos_anon may do.').waitFor();
    await page.keyboard.press('Tab');
    await page.keyboard.press('ArrowDown');
    await page.getByText('Showing what todos_user may do.').waitFor();
    await page.reload();
    await page.getByText('Showing what todos_user may do.').waitFor();
    expect(await role().inputValue()).toBe('todos_user');
    await openIdentity();
    await page.getByLabel('Claims of the token').focus();
    await page.keyboard.press('Tab');
    await page.keyboard.press('Enter');
    await page.getByText('Requests now carry a token with these claims.').waitFor();
  });

  it('keeps the secret of its link in the tab, and in no address, no history and no request line', async () => {
    const { url, secret } = todos.explorer;
    await open();
    expect(page.url()).toBe(`${url}/#todos_anon`);
    await page.reload();
    await choose('todos_user');
    expect(page.url()).toBe(`${url}/#todos_user`);
    await page.goto('about:blank');
    await page.goBack();
    await page.getByText('Showing what todos_user may do.').waitFor();
    expect(page.url()).toBe(`${url}/#todos_user`);
    expect(await page.context().cookies()).toEqual([]);
    // A browser tells the part behind # to pages and extensions, but sends it to no server.
    expect(requests.filter((request) => request.replace(/#.*/, '').includes(secret))).toEqual([]);
    expect(await page.content()).not.toContain(secret);
  });

  it('shows the request to the API itself, which works in a terminal and has no secret in it', async () => {
    await open();
    await choose('todos_user');
    await operation('get', 'todos').getByRole('button').first().click();
    const rows = await execute();
    expect(await page.locator('.request-url').innerText()).toContain(`${todos.environment.url}/todos`);
    const line = await page.locator('.curl-command .curl').innerText();
    expect(line).toContain(`${todos.environment.url}/todos`);
    expect(await page.content()).not.toContain(todos.explorer.secret);
    expect(JSON.parse(execFileSync('sh', ['-c', `${line} --silent`], { encoding: 'utf8' }))).toEqual(rows);
  });

  it('does nothing in a tab without the secret, until the link is opened there', async () => {
    const { url, link, secret } = todos.explorer;
    for (const address of [url, `${url}/#secret=guess`]) {
      await visit(page, address);
      await page.getByRole('alert').filter({ hasText: 'open the link that `dev` printed' }).waitFor();
      expect(await page.content()).not.toMatch(/eyJ|todos/);
    }
    // The same document: only what is behind # is new.
    await visit(page, link);
    await page.getByText('Showing what todos_anon may do.').waitFor();
    expect(page.url()).not.toContain(secret);
    expect(complaints.splice(0).filter((text) => !text.includes('401'))).toEqual([]);
  });

  it('tells that the API is away', async () => {
    const apiUrl = `http://127.0.0.1:${(await freePorts(1))[0]}`;
    const explorer = await startExplorer({
      apiUrl,
      declaration: () => declaration,
      identities: () => Promise.resolve([{ role: '<b>user</b>', claims: {}, token: 'x' }]),
      tokenFor: () => Promise.resolve('x'),
      access: () => Promise.reject(new Error('no matrix here')),
      map: () => Promise.reject(new Error('no map here')),
      functions: () => Promise.resolve([]),
    });
    await visit(page, explorer.link);
    await page
      .getByRole('alert')
      .filter({ hasText: `the API does not describe itself to <b>user</b>: the API at ${apiUrl} does not answer` })
      .waitFor();
    // It would go on to ask.
    await page.goto('about:blank');
    await explorer.stop();
    expect(complaints.splice(0).filter((text) => !text.includes('502'))).toEqual([]);
    requests = [];
  });

  it('shows one schema at a time', async () => {
    const notes = declare({
      name: 'notes',
      schemas: ['api', 'reports'],
      roles: { anonymous: 'notes_anon', users: ['notes_user'] },
      migrations: [{ file: '001.sql', sql: 'CREATE TABLE reports.totals (title text);' }],
      tables: [
        {
          name: 'reports.totals',
          grants: [{ to: 'notes_anon', select: true }],
          policies: [allRows({ to: 'notes_anon' })],
        },
      ],
    });
    const seed = [{ file: 'seed.sql', sql: `INSERT INTO reports.totals VALUES ('all')` }];
    await using environment = await startEphemeralPostgrest(notes, { seed });
    const explorer = await startExplorer({
      apiUrl: environment.url,
      declaration: () => notes,
      identities: () => Promise.resolve([{ role: 'notes_anon', claims: {} }]),
      tokenFor: (name, claims) => environment.tokenFor(name, claims),
      access: () => Promise.reject(new Error('no matrix here')),
      map: () => Promise.reject(new Error('no map here')),
      functions: () => Promise.resolve([]),
    });
    await open(explorer.link);
    expect(await operations()).toEqual(['GET']);
    await page.getByLabel('Schema').selectOption('reports');
    await operation('get', 'totals').getByRole('button').first().click();
    expect(await execute()).toEqual([{ title: 'all' }]);
    await page.goto('about:blank');
    await explorer.stop();
    requests = requests.filter((url) => !url.startsWith(explorer.url));
  });

  afterEach(() => {
    expect(complaints).toEqual([]);
    expect(requests.filter((url) => !url.startsWith(`${todos.explorer.url}/`) && url !== 'data:,')).toEqual([]);
  });
});
