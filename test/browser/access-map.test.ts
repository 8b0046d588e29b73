import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { accessMapHtml } from '../../access/report/map-html.ts';
import { launchBrowser } from '../support/browser.ts';
import { startTodosExplorer } from '../support/todos-explorer.ts';
import { smallMap } from '../unit/access/report/small-map.ts';

let browser: Browser;
beforeAll(async () => {
  browser = await launchBrowser();
});
afterAll(() => browser.close());

async function open(options: Parameters<Browser['newPage']>[0]): Promise<{ page: Page; complaints: string[] }> {
  const page = await browser.newPage(options);
  const complaints: string[] = [];
  page.on('console', (message) => complaints.push(message.text()));
  page.on('pageerror', (error) => complaints.push(String(error)));
  page.on('request', (request) => complaints.push(request.url()));
  await page.setContent(accessMapHtml(smallMap));
  return { page, complaints };
}

describe.each(['light', 'dark'] as const)('the page of an access map, in a %s scheme', (colorScheme) => {
  it.each([320, 390, 1280])('fits a window of %d pixels, and opens by the keyboard', async (width) => {
    const { page, complaints } = await open({ colorScheme, viewport: { width, height: 800 } });
    const sql = page.getByText('CREATE POLICY "open"');
    expect(await sql.isVisible()).toBe(false);
    await page.keyboard.press('Tab');
    // A table that scrolls is reached first.
    for (let at = 0; at < 3 && !(await sql.isVisible()); at++) {
      await page.keyboard.press('Enter');
      if (!(await sql.isVisible())) await page.keyboard.press('Tab');
    }
    expect(await sql.isVisible()).toBe(true);
    expect(await page.evaluate('document.documentElement.scrollWidth')).toBeLessThanOrEqual(width);
    const back = await page.evaluate('getComputedStyle(document.body).backgroundColor');
    expect(back).toBe(colorScheme === 'dark' ? 'rgb(18, 22, 28)' : 'rgb(246, 247, 249)');
    expect(complaints).toEqual([]);
    await page.close();
  });
});

it('a tab of the explorer shows the rules, with their SQL', async () => {
  const todos = await startTodosExplorer();
  const page = await browser.newPage({ viewport: { width: 390, height: 800 } });
  const complaints: string[] = [];
  page.on('pageerror', (error) => complaints.push(String(error)));
  try {
    await page.goto(todos.explorer.link);
    await page.getByRole('tab', { name: 'Rules' }).click();
    await page.getByText('rows where public (3 of 5 columns)').click();
    await page.getByText('GRANT SELECT ("id", "title", "done") ON "api"."todos" TO "todos_anon"').waitFor();
    expect(await page.evaluate('document.documentElement.scrollWidth')).toBeLessThanOrEqual(390);
    expect(complaints).toEqual([]);
  } finally {
    await page.close();
    await todos.stop();
  }
});
