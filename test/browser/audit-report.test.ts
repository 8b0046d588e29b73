import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Browser, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { AuditReport } from '../../audit/report/audit-report.ts';
import { reportHtml } from '../../audit/report/report-html.ts';
import { reportJunit } from '../../audit/report/report-junit.ts';
import { HOSTILE, hostileReport, sampleReport } from '../support/audit/sample-report.ts';
import { launchBrowser, visit } from '../support/browser.ts';
import { visible } from '../../errors/visible.ts';

let browser: Browser;
let directory: string;
let page: Page;
/** What the page asked for, and what the browser complained about. */
let requests: string[];
let complaints: string[];

beforeAll(async () => {
  browser = await launchBrowser();
  directory = mkdtempSync(join(tmpdir(), 'audit-report-'));
});
afterAll(async () => {
  await browser.close();
  rmSync(directory, { recursive: true });
});

beforeEach(async () => {
  page = await browser.newPage();
  page.setDefaultTimeout(90_000);
  [requests, complaints] = [[], []];
  page.on('request', (request) => requests.push(request.url()));
  page.on('console', (message) => complaints.push(message.text()));
  page.on('pageerror', (error) => complaints.push(String(error)));
  page.on('dialog', (dialog) => complaints.push(dialog.message()));
});
afterEach(async () => {
  expect(complaints).toEqual([]);
  await page.close();
});

/** Opens a report as the file that a user has. */
async function open(report: AuditReport): Promise<string> {
  const file = join(directory, 'report.html');
  writeFileSync(file, reportHtml(report));
  const { href } = pathToFileURL(file);
  await visit(page, href);
  return href;
}

const findings = () => page.locator('li[data-level]:visible .object').allTextContents();
const search = () => page.getByRole('searchbox', { name: 'Filter' });
const status = () => page.locator('output').textContent();

describe('the page of an audit', () => {
  it('loads nothing but itself', async () => {
    const url = await open(sampleReport());
    expect(await findings()).toEqual(['api.todos', 'api.todos.user_id', 'api.add(integer)', 'api.todos']);
    expect(requests).toEqual([url]);
  });

  it('shows findings of the chosen levels, with the words that are typed', async () => {
    await open(sampleReport());
    await page.getByLabel('1 error').uncheck();
    await page.getByLabel('1 info').uncheck();
    expect(await findings()).toEqual(['api.todos.user_id', 'api.add(integer)']);
    expect(await page.getByRole('heading', { name: 'Errors' }).isVisible()).toBe(false);
    await search().fill('MISSING api.todos');
    expect(await findings()).toEqual(['api.todos.user_id']);
    expect(await status()).toBe('1 of 4 shown');
    await search().fill('');
    await page.getByLabel('1 error').check();
    await page.getByLabel('1 info').check();
    expect(await findings()).toHaveLength(4);
    expect(await status()).toBe('');
  });

  it('can be used by the keyboard alone', async () => {
    await open(sampleReport());
    await page.keyboard.press('/');
    await page.keyboard.type('truncate/');
    expect(await search().inputValue()).toBe('truncate/');
    await search().fill('truncate');
    await page.keyboard.press('Enter');
    expect(await findings()).toEqual(['api.todos']);
    await page.keyboard.press('Tab');
    await page.keyboard.press('Space');
    expect(await page.getByLabel('1 error').isChecked()).toBe(false);
  });

  it('copies all statements of a fix', async () => {
    await open(sampleReport());
    await page.context().grantPermissions(['clipboard-read', 'clipboard-write']);
    await page.getByRole('button', { name: 'Copy the SQL of the fix' }).first().click();
    await page.getByText('Copied').waitFor();
    expect(await page.evaluate('navigator.clipboard.readText()')).toBe(
      'ALTER TABLE "api"."todos" ENABLE ROW LEVEL SECURITY;\n' +
        'CREATE POLICY own ON "api"."todos" USING (user_id = (SELECT auth.uid()));',
    );
  });

  it('shows hostile names as text', async () => {
    await open(hostileReport());
    expect(await page.locator('h1 bdi').textContent()).toBe(visible(HOSTILE));
    expect(await page.locator('script').count()).toBe(1);
    expect(await findings()).toHaveLength(3);
    expect(requests).toHaveLength(1);
  });

  it.each([320, 390, 1280])('is not wider than a window of %d pixels', async (width) => {
    await page.setViewportSize({ width, height: 800 });
    for (const report of [sampleReport(), hostileReport()]) {
      await open(report);
      expect(await page.evaluate('document.documentElement.scrollWidth')).toBeLessThanOrEqual(width);
    }
  });

  it('is printed without its filter, and with whole statements', async () => {
    await open(sampleReport());
    await page.emulateMedia({ media: 'print', colorScheme: 'dark' });
    expect(await search().isVisible()).toBe(false);
    expect(await page.getByRole('button').count()).toBe(0);
    expect(await page.evaluate(`getComputedStyle(document.querySelector('pre')).whiteSpace`)).toBe('pre-wrap');
    expect(await page.evaluate('getComputedStyle(document.body).backgroundColor')).toBe('rgb(255, 255, 255)');
  });

  it('shows everything without scripts', async () => {
    const plain = await browser.newPage({ javaScriptEnabled: false });
    await plain.setContent(reportHtml(sampleReport()));
    expect(await plain.locator('li[data-level]:visible').count()).toBe(4);
    expect(await plain.locator('form').isVisible()).toBe(false);
    await plain.close();
  });
});

describe.each(['light', 'dark'] as const)('in a %s scheme, the page', (colorScheme) => {
  it('has texts that stand out from their ground', async () => {
    await page.emulateMedia({ colorScheme });
    await open(sampleReport());
    const ratios = await page.evaluate<{ text: string; ratio: number }[]>(CONTRASTS);
    expect(ratios.length).toBeGreaterThan(20);
    expect(ratios.filter(({ ratio }) => ratio < 4.5)).toEqual([]);
  });
});

it('a browser parses the report in JUnit’s XML, whatever the names are', async () => {
  const parsed = await page.evaluate(`(() => {
    const xml = ${JSON.stringify(reportJunit(hostileReport()))};
    const { documentElement: root } = new DOMParser().parseFromString(xml, 'text/xml');
    const count = (name) => root.querySelectorAll(name).length;
    const failure = root.querySelector('failure')?.textContent;
    return { name: root.getAttribute('name'), errors: count('parsererror'), tests: count('testcase'), failure };
  })()`);
  const shown = visible(HOSTILE).replace('\uffff', '\\u{ffff}');
  expect(parsed).toEqual({
    name: `audit of ${shown}`,
    errors: 0,
    tests: 5,
    failure: `error: rls_disabled: error ${shown} ${shown} (${shown})`,
  });
});

/** Contrast of each element with a text of its own, as WCAG 2 computes it. */
const CONTRASTS = `(() => {
  const numbers = (color) => (color.match(/[\\d.]+/g) ?? []).map(Number);
  const linear = (value) => (value <= 0.03928 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4);
  const luminance = (color) => {
    const [red, green, blue] = numbers(color).map((value) => linear(value / 255));
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
  };
  const ground = (element) => {
    if (element === null) return 'rgb(255, 255, 255)';
    const color = getComputedStyle(element).backgroundColor;
    return numbers(color)[3] === 0 ? ground(element.parentElement) : color;
  };
  const hasText = ({ childNodes }) => [...childNodes].some((node) => node.nodeType === 3 && node.textContent.trim() !== '');
  return [...document.body.querySelectorAll('*:not(script, meter)')].filter(hasText).map((element) => {
    const [a, b] = [luminance(getComputedStyle(element).color), luminance(ground(element))];
    return { text: element.textContent, ratio: (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05) };
  });
})()`;
